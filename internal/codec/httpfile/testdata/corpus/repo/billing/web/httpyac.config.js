module.exports = {
  configureHooks: function (api) {
    api.hooks.onRequest.addHook('sign', async (request) => {
      const hookSecret = 'cfg-hook-1679091c5a880faf';
      request.headers['x-signature'] = sign(request, hookSecret);
    });
  },
  environments: { dev: { user: process.env.DEV_USER } },
};

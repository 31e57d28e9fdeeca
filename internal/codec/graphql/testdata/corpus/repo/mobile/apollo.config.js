module.exports = {
  client: {
    service: { name: 'mobile', url: 'https://mobile.test/graphql', headers: { 'x-api-key': 'apollo-cfg-4455aabb' } },
    includes: ['app/**/*.graphql'],
  },
  engine: { apiKey: process.env.APOLLO_KEY },
};

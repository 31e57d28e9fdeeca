module.exports = {"mcpServers": {"x": {"command": "npx"}}};

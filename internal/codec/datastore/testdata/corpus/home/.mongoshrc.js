// helpers for the shell
globalThis.prod = () => connect("mongodb://ops:Mongoshrc-77@mongo.prod.northwind.io:27017/admin");
prompt = () => `${db.getName()}> `;

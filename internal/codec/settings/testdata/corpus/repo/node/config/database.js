'use strict';
require('dotenv').config();

module.exports = {
  development: {
    username: process.env.DB_USER || 'shop',
    password: process.env.DB_PASS || 'dev-default-pw',
    host: 'localhost', dialect: 'postgres',
  },
  production: {
    username: 'shop_prod',
    password: 'pr0d\'s own',
    host: 'db.northwind.io',
    dialect: 'postgres',
    logging: (msg) => log.debug(msg),
  },
};

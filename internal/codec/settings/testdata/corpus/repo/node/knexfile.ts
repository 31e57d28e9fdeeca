import type { Knex } from "knex";

// Update with your config settings.
const config: { [key: string]: Knex.Config } = {
  development: {
    client: "sqlite3",
    connection: { filename: "./dev.sqlite3" }
  },
  staging: {
    client: "postgresql",
    connection: {
      host: "stage-pg.northwind.io",
      database: "shop",
      user: "knex",
      password: "knex:Stage;1"
    },
    pool: { min: 2, max: 10 },
  },
  production: {
    client: "pg",
    connection: "postgres://knex:kn3xProdUrl@pg.northwind.io:5432/shop",
    migrations: { tableName: "knex_migrations" }
  },
  reporting: {
    client: "pg",
    connection: process.env.REPORTING_URL,
  },
  preview: {
    client: "pg",
    connection: {
      host: process.env.PGHOST,
      user: `app`,
      password: process.env["PGPASSWORD_PREVIEW"],
      ssl: { ca: fs.readFileSync(`${__dirname}/ca.pem`) },
    },
  },
};
export default config;

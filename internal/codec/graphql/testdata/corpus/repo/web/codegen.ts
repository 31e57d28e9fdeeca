import type { CodegenConfig } from '@graphql-codegen/cli';
const config: CodegenConfig = {
  schema: [{ 'https://shop.test/graphql': { headers: { Authorization: 'Bearer cgts-bearer-ccdd0011' } } }],
  generates: { './src/gql/': { preset: 'client' } },
};
export default config;

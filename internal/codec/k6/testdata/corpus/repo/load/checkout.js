import http from 'k6/http';
import ws from 'k6/ws';
import encoding from 'k6/encoding';
import secrets from 'k6/secrets';
import { check, group, sleep } from 'k6';

// staging only. const OLD_TOKEN = 'old-k6-tk-00112233';
const BASE_URL = __ENV.BASE_URL || 'https://checkout-staging.test';
const API_KEY = 'k6_ak_5f4e3d2c1b0a';
const TOKEN = __ENV.TOKEN || 'k6-fallback-9a8b7c6d';
const PASSWORD = "K6 lädt 9 Bären";
const TYPED_TOKEN: string = "typed-k6-5a6b";
const fromEnv = __ENV.CHECKOUT_SECRET;
const users = [
  { username: 'shopper1', password: 'k6-Shop1!' },
  { username: 'shopper2', password: 'k6-Shop2!', id: 17 },
];

export const options = {
  vus: 10,
  duration: '30s',
  thresholds: { http_req_duration: ['p(95)<500'] },
  stages: [{ duration: '10s', target: 5 }],
  cloud: { projectID: 3661234, name: 'Checkout' },
  tlsAuth: [
    {
      domains: ['checkout-staging.test'],
      cert: open('./cert.pem'),
      key: `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIFakeK6KeyMaterialAbCdEfGhIjKlMnOpQrStUv
-----END EC PRIVATE KEY-----`,
      password: 'k6 tls pass',
    },
  ],
};

const params = {
  headers: {
    'Content-Type': 'application/json',
    'X-Api-Key': API_KEY,
    "X-Shop-Token": "shp-k6-77665544",
    Authorization: `Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJrNiIsImV4cCI6MTcyMDAwMDAwMH0.c2lnLWs2LTAwMQ`,
  },
  cookies: { sid: 'k6sid0011aabb', theme: { value: 'dark', replace: true } },
  tags: { name: 'checkout-tag' },
};

export function setup() {
  const res = http.post(`${BASE_URL}/login`, JSON.stringify({ user: 'setup', password: 'setup:K6pw' }), {
    headers: { 'Content-Type': 'application/json' },
  });
  return { token: res.json('token') };
}

export default async function (data) {
  group('browse', function () {
    http.get(`${BASE_URL}/products?api_key=k6q-ab12cd34ef`, params);
    http.get('https://basic:k6Basic!1@legacy-checkout.test/ping', { auth: 'basic' });
  });
  const auth = { headers: { Authorization: 'Basic ' + encoding.b64encode('k6user:k6 b64 pw') } };
  http.del(BASE_URL + '/cart/1', null, { headers: { 'X-Csrf': data.csrf } });
  http.post('https://id.checkout.test/token', { grant_type: 'client_credentials', client_id: 'k6-client', client_secret: 'k6~cs.aabbccdd' });
  http.put(`${BASE_URL}/raw`, 'user=k6&password=k6-raw-pw');
  http.request('PATCH', `${BASE_URL}/x`, '{"pin":"220871"}', { headers: { Authorization: `Bearer ${await secrets.get('token')}` } });
  http.batch([
    ['GET', `${BASE_URL}/a`, null, { headers: { 'X-Batch-Token': 'k6-batch-1a2b' } }],
    { method: 'POST', url: `${BASE_URL}/b`, body: 'x=1', params: params },
    'https://checkout-staging.test/c',
  ]);
  params.headers['X-Late-Token'] = 'late-k6-0f0f';
  ws.connect('wss://live.checkout.test/ws?ticket=k6ws-9988', { headers: { Cookie: 'sid=k6wssid-77' } }, function (socket) {
    socket.on('open', () => socket.send(JSON.stringify({ op: 'auth', apiKey: 'k6-ws-key-31' })));
  });
  check(res, { 'status is 200': (r) => r.status === 200 });
  const ok = /a\/"b'/.test(BASE_URL) ? 'yes' : 'no';
  sleep(1);
}

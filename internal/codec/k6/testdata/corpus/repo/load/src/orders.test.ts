import grpc, { Client } from "k6/net/grpc";
import http from "k6/http"

const client: Client = new grpc.Client();
client.load(["definitions"], "orders.proto")
const META: Record<string, string> = { "x-orders-key": "grpc-key-44cc55dd" }

export default () => {
  client.connect("orders.test:443", { plaintext: false, tls: { password: "grpc tls pw" } })
  const res = client.invoke("orders.Orders/Get", { id: 1, pin: "55102" }, { metadata: { authorization: "Bearer grpc-bearer-0a9b8c" } })
  const headers = {
    "Authorization": "Bearer " + __ENV.ORDERS_TOKEN,
    "X-Größe": "L",
  }
  http.get("https://orders.test/health", { headers })
}

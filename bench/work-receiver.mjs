// Accepts deliveries, and reports how many it has accepted.
import { createServer } from 'node:http';

let count = 0;
const server = createServer((request, response) => {
  count++;
  request.resume();
  request.on('end', () => response.writeHead(204).end());
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => process.send(count));

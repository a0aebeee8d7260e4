/*
 * A receiver in a process of its own, so that it takes no time from whoever is measured. A path that begins with
 * /hang/ is never answered, others at once. What came since the last question is told on request, with its epoch milliseconds.
 */
const { createServer } = require('node:http');

let received = [];

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    received.push([request.url, performance.timeOrigin + performance.now()]);
    if (!request.url.startsWith('/hang/')) {
      response.writeHead(204).end();
    }
  });
});

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => {
  process.send({ received });
  received = [];
});
process.on('disconnect', () => process.exit());

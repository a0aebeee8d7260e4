/*
 * The emulators, apart from the test: their timers and sockets must not keep jest alive.
 * Prints one JSON line with the ports; ends when its standard input does, so that it never outlives its test.
 */
const dynalite = require('dynalite');
const kinesalite = require('kinesalite');

function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

async function main() {
  const { startFauxqs } = await import('fauxqs');
  const [dynamodb, kinesis, fauxqs] = await Promise.all([
    listen(dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })),
    listen(kinesalite({ createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0 })),
    startFauxqs({ port: 0, logger: false }),
  ]);
  process.stdout.write(`${JSON.stringify({ dynamodb, kinesis, sqs: fauxqs.port })}\n`);
}

process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
main().catch((error) => {
  console.error(error);
  process.exit(1);
});

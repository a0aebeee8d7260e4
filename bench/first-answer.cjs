/*
 * Loads a bundle, calls it once and writes a line with what it answered; without a bundle, a line at once.
 * What a function logs does not count, and goes nowhere.
 */
const [, , bundle, invocation] = process.argv;
const write = process.stdout.write.bind(process.stdout);

function tell(answer) {
  write(`${JSON.stringify(answer ?? null)}\n`, () => process.exit(0));
}

if (bundle === undefined) {
  tell(null);
} else {
  process.stdout.write = () => true;
  const context = {
    awsRequestId: 'request-1',
    functionName: 'bench',
    getRemainingTimeInMillis: () => 10_000,
  };
  require(bundle)
    .handler(JSON.parse(invocation), context)
    .then(tell, (error) => tell({ failed: String(error?.stack) }));
}

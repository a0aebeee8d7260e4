import type { ResolveAll } from '../../lambdas/aws/vetting-lookup';

/** A name server of a test: the n-th look-up gets the n-th answer, the last one stays. */
export function makeResolver(
  ...answers: readonly (readonly string[])[]
): ResolveAll & { readonly count: () => number } {
  let count = 0;
  const resolve: ResolveAll = (_, __, done) => {
    const addresses = answers[Math.min(count, answers.length - 1)] ?? [];
    count += 1;
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return Object.assign(resolve, { count: () => count });
}

import {
  applyPolicy,
  defaultPolicy,
  policySchema,
} from '../../../../core/topics/subscriptions/delivery-policy';

function apply(request: unknown, base = defaultPolicy) {
  return applyPolicy(policySchema.parse(request), base);
}

describe('policySchema', () => {
  it.each([
    { concurrency: 0 },
    { concurrency: 1001 },
    { concurrency: 1.5 },
    { concurrency: '3' },
    { rate_per_second: 0 },
    { rate_per_second: 0.009 },
    { rate_per_second: 1001 },
    { rate_per_second: Number.NaN },
    { circuit: null },
    { circuit: 'no' },
    { disable: {} },
    { disable: { counts: 'ever' } },
    { disable: { failures: 0 } },
    { disable: { failures: 10_001 } },
    { disable: { hours: 0 } },
    { disable: { hours: 721 } },
    { disable: { failures: 5, counts: 'sometimes' } },
    { disable: { failures: 5, minutes: 3 } },
    { ratePerSecond: 5 },
  ])('refuses %j', (policy) => {
    expect(policySchema.safeParse(policy).success).toBe(false);
  });
});

describe('applyPolicy', () => {
  it('switches off after five days of failures unless it is told otherwise', () => {
    expect(apply({}).disable).toEqual({ hours: 120, counts: 'in_a_row' });
  });

  it('keeps what is left out, and takes limits away by null', () => {
    const limited = apply({
      concurrency: 5,
      rate_per_second: 0.5,
      circuit: false,
      disable: { failures: 3, counts: 'ever' },
    });
    expect(limited).toEqual({
      ...defaultPolicy,
      concurrency: 5,
      ratePerSecond: 0.5,
      circuit: false,
      disable: { failures: 3, counts: 'ever' },
    });
    expect(apply({ timeout_seconds: 3 }, limited)).toEqual({ ...limited, timeoutSeconds: 3 });
    const { disable: _, ...unlimited } = defaultPolicy;
    expect(
      apply({ concurrency: null, rate_per_second: null, circuit: true, disable: null }, limited),
    ).toEqual({ ...unlimited, circuit: true });
  });

  it('counts failures in a row unless it is told otherwise', () => {
    expect(apply({ disable: { failures: 3 } }).disable).toEqual({ failures: 3, counts: 'in_a_row' });
  });
});

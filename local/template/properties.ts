import { type Resource, UnknownFeatureError } from './template';

/** Reads one evaluated property as text. @throws UnknownFeatureError when it is something else. */
export function textOf(resource: Resource, property: string): string | undefined {
  const value = resource.properties[property];
  if (value !== undefined && typeof value !== 'string') {
    throw unknownValue(resource, property, value);
  }
  return value;
}

/** Reads one evaluated property as a number; CloudFormation lets numbers be written as text. */
export function numberOf(resource: Resource, property: string): number | undefined {
  const value = resource.properties[property];
  if (value === undefined) {
    return undefined;
  }
  const number = Number(value);
  if (!Number.isFinite(number)) {
    throw unknownValue(resource, property, value);
  }
  return number;
}

/** Reads one evaluated property as a boolean; CloudFormation lets booleans be written as text. */
export function booleanOf(resource: Resource, property: string): boolean | undefined {
  const value = resource.properties[property];
  if (value === undefined || value === true || value === false) {
    return value;
  }
  if (value !== 'true' && value !== 'false') {
    throw unknownValue(resource, property, value);
  }
  return value === 'true';
}

/** A property that must be there. */
export function required<T>(resource: Resource, property: string, value: T | undefined): T {
  if (value === undefined) {
    throw new UnknownFeatureError([`${place(resource, property)} is missing`]);
  }
  return value;
}

/** The error for a value that the runner does not implement. */
export function unknownValue(resource: Resource, property: string, value: unknown): UnknownFeatureError {
  return new UnknownFeatureError([`${place(resource, property)} with the value ${JSON.stringify(value)}`]);
}

function place({ logicalId, type }: Resource, property: string): string {
  return `${logicalId} (${type}): property ${property}`;
}

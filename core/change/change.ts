import type { PartialProfile, Profile } from '../person/profile';

interface Envelope {
  readonly v: 1;
  readonly kind: 'change';
  readonly userId: string;
  /** ISO 8601: when the door accepted it. */
  readonly acceptedAt: string;
}

/** A profile that was submitted, to be merged into what is stored. */
export interface ProfileSubmission extends Envelope {
  readonly operation?: undefined;
  readonly profile: PartialProfile;
}

/** The whole profile is to go. */
export interface ProfileDeletion extends Envelope {
  readonly operation: 'delete';
}

/** What one record of the changes stream holds. */
export type ChangeRecord = ProfileSubmission | ProfileDeletion;

/** Why a change was refused; part of the public status, so a code never changes its meaning. */
export type RejectionCode =
  /** The record is not JSON, not gzip, or not of a known kind. */
  | 'record_unreadable'
  /** The record took the function itself down every time it was tried. */
  | 'unprocessable'
  /** The profile breaks the schema. */
  | 'schema_invalid'
  /** A publisher sent an attribute that the publisher rules do not let it create or update. */
  | 'invalid_publisher'
  | 'invalid_signature'
  /** A new profile that brings its own uuid or primary_username. */
  | 'uuid_or_primary_username_set'
  /** The integrated profile no longer fits into the store. */
  | 'profile_too_large'
  /** A later change of this user had been applied already. */
  | 'out_of_order'
  /** The person was erased after the change had been accepted; the status names nobody. */
  | 'erased'
  | 'internal_error';

/** Each sequence number reaches exactly one of these (design: law 2). */
export type ChangeOutcome =
  | {
      readonly state: 'integrated';
      readonly condition: 'create' | 'update';
      readonly profile: Profile;
      /** Dotted names of the attributes that the change altered, such as `access_information.ldap`. */
      readonly changedAttributes: readonly string[];
      /** Which attributes were left as they are, and why; never holds attribute values. */
      readonly text?: string;
    }
  | {
      readonly state: 'integrated';
      readonly condition: 'delete';
      /** Of the profile that is gone. */
      readonly uuid: string | null;
    }
  | { readonly state: 'noop'; readonly text?: string }
  | {
      readonly state: 'rejected';
      readonly code: RejectionCode;
      /** What happened and to which attribute; never holds attribute values. */
      readonly text: string;
    };

/** How the merging of a submitted profile ends. */
export type MergeOutcome = Exclude<ChangeOutcome, { readonly condition: 'delete' }>;

/** How a change ended: what `GET /change/status` tells for 30 days. */
export interface ChangeStatus {
  readonly sequenceNumber: string;
  readonly shardId: string;
  readonly state: ChangeOutcome['state'];
  readonly condition?: 'create' | 'update' | 'delete';
  readonly code?: RejectionCode;
  readonly text?: string;
  readonly userId?: string;
  /** ISO 8601. */
  readonly acceptedAt?: string;
  readonly endedAt: string;
}

import type { Json } from '../../core/json';
import {
  attributeAt,
  attributePaths,
  contentOf,
  isAttributePath,
  withAttributes,
} from '../../core/person/attributes';
import { emptyAttribute, emptyProfile, PROFILE_SCHEMA_ADDRESS } from '../../core/person/empty-profile';
import type { SchemaIssue } from '../../core/person/json-guard';
import type {
  Attribute,
  AttributePath,
  Display,
  Metadata,
  PartialProfile,
  PublisherName,
} from '../../core/person/profile';
import { validatePartialProfile } from '../../core/person/profile-schema';
import { defaultPublisherRules, type PublisherRules } from '../../core/person/publisher-rules';
import { signAttribute } from '../../core/person/signature';
import { PublisherError } from './errors';
import { withheld } from './own-changes';
import type { PublisherKey } from './publisher-key';

/** What a publisher may say about an attribute besides its content. */
export interface AttributeSettings {
  readonly display?: Display;
  readonly verified?: boolean;
  readonly classification?: Metadata['classification'];
}

/**
 * Writes a change: starts from a profile, sets attributes by their dotted names, signs them.
 *
 * A change holds only what was set, and whose it is; everything else stays as the server has it. Null changes
 * nothing either, so an attribute is emptied with `''` or `{}`.
 */
export class ProfileBuilder {
  private readonly touched = new Set<AttributePath>();

  private constructor(
    private profile: PartialProfile,
    /** What was there before anything was set. */
    private readonly known: PartialProfile,
    private readonly clock: () => Date,
  ) {}

  /** For a new person: starts from the empty profile. Set `user_id` and sign it. */
  static empty(clock = () => new Date()): ProfileBuilder {
    return new ProfileBuilder(emptyProfile(), emptyProfile(), clock);
  }

  /** For a change to somebody who is there, known by `user_id` alone; that attribute needs no signature. */
  static forUser(userId: string, clock = () => new Date()): ProfileBuilder {
    const user = { ...emptyAttribute('user_id'), value: userId } as Attribute;
    const known = withAttributes<PartialProfile>({}, new Map([['user_id', user]]));
    return new ProfileBuilder(withAttributes(emptyProfile(), new Map([['user_id', user]])), known, clock);
  }

  /** For a change to a profile that was read, such as by `ChangeClient.readPerson`. It is not altered. */
  static from(profile: PartialProfile, clock = () => new Date()): ProfileBuilder {
    return new ProfileBuilder({ schema: PROFILE_SCHEMA_ADDRESS, ...profile }, profile, clock);
  }

  /**
   * Sets an attribute's content, and what is said about it. It loses the signature that it had.
   * @param path such as `fun_title` or `access_information.ldap`.
   * @throws PublisherError `attribute_invalid` for an unknown attribute, or null.
   */
  set(path: AttributePath, content: Json, settings: AttributeSettings = {}): this {
    if (content === null || content === undefined) {
      const text = `${path} cannot be set to null, which changes nothing; empty it with '' or {}`;
      throw new PublisherError('attribute_invalid', text);
    }
    const attribute = this.current(path);
    const key = 'values' in attribute ? 'values' : 'value';
    return this.replace(path, { ...attribute, [key]: content } as Attribute, settings);
  }

  /**
   * Changes what is said about an attribute and leaves its content. It loses the signature that it had.
   * @throws PublisherError `attribute_invalid` for an unknown attribute, or one that is null.
   */
  setMetadata(path: AttributePath, settings: AttributeSettings): this {
    const attribute = this.current(path);
    if (contentOf(attribute) === null) {
      throw new PublisherError('attribute_invalid', `${path} is null; set its content first`);
    }
    return this.replace(path, attribute, settings);
  }

  /**
   * Drops from the change what need not or must not be sent: what is as it was, and what the rules do not let
   * this publisher change. One forbidden attribute has the server refuse the whole change.
   *
   * Of a profile that was read, what the token's scopes did not show counts as unknown: it may be set or not, so
   * only a publisher who may both create and update it sends it.
   * @param rules the server's, as `ChangeClient.readPublisherRules` gives them. @default the published ones
   */
  keepOwn(publisher: PublisherName, rules: PublisherRules = defaultPublisherRules): this {
    for (const path of [...this.touched]) {
      if (withheld(path, this.current(path), this.known, publisher, rules) !== undefined) {
        this.touched.delete(path);
      }
    }
    return this;
  }

  /** The attributes that the change holds beside `user_id`; when there are none, there is nothing to send. */
  get changes(): readonly AttributePath[] {
    const isNew = this.known.user_id?.value !== this.profile.user_id?.value;
    return [...this.touched].filter((path) => path !== 'user_id' || isNew);
  }

  /**
   * Signs, in the name of a publisher. An attribute that is set again afterwards has to be signed again.
   * @param paths by default everything that was set here and has no signature yet.
   * @throws PublisherError `attribute_invalid` for an attribute that is null: null is never signed.
   */
  sign(publisher: PublisherKey, paths?: readonly AttributePath[]): this {
    const chosen = paths ?? [...this.touched].filter((path) => !isSigned(this.current(path)));
    const signed = chosen.map((path): [AttributePath, Attribute] => {
      const attribute = this.current(path);
      if (contentOf(attribute) === null) {
        throw new PublisherError('attribute_invalid', `${path} is null, and null is never signed`);
      }
      this.touched.add(path);
      return [path, signAttribute(attribute, publisher)];
    });
    this.profile = withAttributes(this.profile, new Map(signed));
    return this;
  }

  /** What the server's schema would say; empty when nothing is wrong. */
  validate(): readonly SchemaIssue[] {
    const validated = validatePartialProfile(this.draft());
    const issues = validated.ok ? [] : validated.issues;
    return this.profile.user_id?.value
      ? issues
      : [...issues, { path: 'user_id.value', message: 'is missing; it says whose profile is meant' }];
  }

  /**
   * The change: `user_id` and what was set.
   * @throws PublisherError `profile_invalid` with the `issues`.
   */
  build(): PartialProfile {
    const issues = this.validate();
    if (issues.length > 0) {
      const text = issues.map(({ path, message }) => `${path} ${message}`).join('; ');
      throw new PublisherError('profile_invalid', `the profile breaks the schema: ${text}`, { issues });
    }
    return this.draft();
  }

  private draft(): PartialProfile {
    const kept = attributePaths.flatMap((path): [AttributePath, Attribute][] => {
      const attribute = attributeAt(this.profile, path);
      return attribute && (path === 'user_id' || this.touched.has(path)) ? [[path, attribute]] : [];
    });
    const schema = this.profile.schema ?? PROFILE_SCHEMA_ADDRESS;
    return withAttributes({ schema } as PartialProfile, new Map(kept));
  }

  private current(path: AttributePath): Attribute {
    if (!isAttributePath(path)) {
      throw new PublisherError('attribute_invalid', `"${path}" is no attribute of profile v2`);
    }
    return attributeAt(this.profile, path) ?? emptyAttribute(path);
  }

  private replace(path: AttributePath, attribute: Attribute, settings: AttributeSettings): this {
    const before = this.current(path);
    const now = this.clock().toISOString();
    const { display, verified, classification } = { ...attribute.metadata, ...settings };
    const created = contentOf(before) === null ? now : attribute.metadata.created;
    const metadata = { classification, last_modified: now, created, verified, display };
    const publisher = { ...attribute.signature.publisher, value: '' };
    const unsigned = {
      ...attribute,
      signature: { ...attribute.signature, publisher },
      metadata,
    } as Attribute;
    this.profile = withAttributes(this.profile, new Map([[path, unsigned]]));
    this.touched.add(path);
    return this;
  }
}

function isSigned(attribute: Attribute): boolean {
  return attribute.signature.publisher.value !== '';
}

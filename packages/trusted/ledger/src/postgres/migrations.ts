/**
 * Tables of a shared ledger and how they came to be, one migration per version.
 *
 * They are those of the SQLite ledger but for what many writers need: one row `head` that whoever
 * writes locks first, with everything in it a write starts from. Amounts are numbers the server can add
 * up. Long texts are found by digests, for an index entry has to be short.
 *
 * @module
 */

/** SQL that leads from version n (its place in the list) to version n + 1. Released ones never change. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE countersign.identity (
    only_row integer PRIMARY KEY CHECK (only_row = 1),
    origin text NOT NULL,
    verifier_key text NOT NULL,
    sealed_key bytea NOT NULL
  );
  CREATE TABLE countersign.head (
    only_row integer PRIMARY KEY CHECK (only_row = 1),
    schema_version integer NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    note text NOT NULL,
    high_water_ms bigint NOT NULL CHECK (high_water_ms >= 0),
    forgotten_through_ms bigint NOT NULL CHECK (forgotten_through_ms >= 0),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    peaks bytea NOT NULL,
    nonce_count bigint NOT NULL CHECK (nonce_count >= 0),
    next_bucket_id bigint NOT NULL CHECK (next_bucket_id >= 1)
  );
  CREATE TABLE countersign.request_nonces (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    nonce_key text NOT NULL,
    expires_at_ms bigint NOT NULL
  );
  CREATE INDEX request_nonces_by_expiry ON countersign.request_nonces (expires_at_ms, digest);
  CREATE TABLE countersign.log_entries (
    idx bigint PRIMARY KEY CHECK (idx >= 0),
    entry bytea NOT NULL
  );
  CREATE TABLE countersign.log_nodes (
    idx bigint PRIMARY KEY CHECK (idx >= 0),
    hashes bytea NOT NULL
  );
  CREATE TABLE countersign.checkpoints (
    size bigint PRIMARY KEY CHECK (size >= 0),
    note text NOT NULL,
    high_water_ms bigint NOT NULL,
    forgotten_through_ms bigint NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32)
  );
  CREATE TABLE countersign.buckets (
    id bigint PRIMARY KEY CHECK (id >= 1),
    key bytea NOT NULL UNIQUE CHECK (length(key) = 32),
    name text NOT NULL,
    window_type text NOT NULL CHECK (window_type IN ('sliding', 'fixed', 'lifetime')),
    window_ms bigint NOT NULL CHECK (window_ms >= 0),
    total numeric(78, 0) NOT NULL CHECK (total >= 0),
    anchor_ms bigint CHECK ((anchor_ms IS NOT NULL) = (window_type = 'fixed')),
    freed_through_ms bigint NOT NULL CHECK (freed_through_ms >= -1),
    digest bytea NOT NULL CHECK (length(digest) = 32)
  );
  CREATE TABLE countersign.reservations (
    slot text COLLATE "C" NOT NULL,
    bucket_id bigint NOT NULL REFERENCES countersign.buckets (id),
    amount numeric(78, 0) NOT NULL CHECK (amount >= 0),
    until_ms bigint CHECK (until_ms >= 0),
    PRIMARY KEY (slot, bucket_id)
  );
  CREATE INDEX reservations_by_end ON countersign.reservations (bucket_id, until_ms);
  CREATE TABLE countersign.freezes (
    scope text COLLATE "C" PRIMARY KEY,
    since_ms bigint NOT NULL CHECK (since_ms >= 0)
  );
  CREATE TABLE countersign.intents (
    id text COLLATE "C" PRIMARY KEY,
    document text NOT NULL,
    digest text NOT NULL CHECK (length(digest) = 64),
    owner text COLLATE "C" NOT NULL,
    asked_at bigint NOT NULL CHECK (asked_at >= 0),
    expires_at_ms bigint NOT NULL CHECK (expires_at_ms >= 0),
    executed_at bigint CHECK (executed_at > asked_at)
  );
  CREATE INDEX intents_by_end ON countersign.intents (expires_at_ms, executed_at);
  CREATE INDEX intents_by_owner ON countersign.intents (owner, expires_at_ms, executed_at);
  CREATE TABLE countersign.intent_answers (
    intent_id text COLLATE "C" NOT NULL REFERENCES countersign.intents (id) ON DELETE CASCADE,
    approver text COLLATE "C" NOT NULL,
    answer text NOT NULL CHECK (answer IN ('approve', 'deny')),
    evidence text NOT NULL,
    entry bigint NOT NULL CHECK (entry >= 0),
    PRIMARY KEY (intent_id, approver)
  );
  `,
];

/** The version this program writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

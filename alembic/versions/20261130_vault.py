"""files of tickets: their owners, keys, fingerprints and readers."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

VAULT_FILES = """
CREATE TABLE vault_files (
  id uuid CONSTRAINT pk_vault_files PRIMARY KEY,
  owner_id uuid NOT NULL CONSTRAINT fk_vault_files_owner_id_users REFERENCES users,
  given_by uuid NOT NULL CONSTRAINT fk_vault_files_given_by_users REFERENCES users,
  upload_id uuid NOT NULL,
  kind varchar NOT NULL,
  page_count smallint NOT NULL,
  code_count smallint NOT NULL,
  byte_count integer NOT NULL,
  digest bytea NOT NULL CONSTRAINT ck_vault_files_digest CHECK (length(digest) = 32),
  key_name varchar,
  wrapped_key bytea,
  claimed_at timestamptz,
  moved_at timestamptz,
  opened_at timestamptz,
  erase_at timestamptz,
  created_at timestamptz NOT NULL,
  CONSTRAINT ck_vault_files_key CHECK ((key_name IS NULL) = (wrapped_key IS NULL)),
  CONSTRAINT ck_vault_files_counts CHECK (page_count >= 0 AND code_count >= 0 AND byte_count > 0)
)
"""

VAULT_CODES = """
CREATE TABLE vault_codes (
  file_id uuid NOT NULL CONSTRAINT fk_vault_codes_file_id_vault_files
    REFERENCES vault_files ON DELETE CASCADE,
  digest bytea NOT NULL CONSTRAINT ck_vault_codes_digest CHECK (length(digest) = 32),
  is_short boolean NOT NULL,
  fingerprint bytea CONSTRAINT ck_vault_codes_fingerprint CHECK (length(fingerprint) = 32),
  is_claimed boolean NOT NULL,
  CONSTRAINT pk_vault_codes PRIMARY KEY (file_id, digest),
  CONSTRAINT ck_vault_codes_claim CHECK (NOT is_claimed OR fingerprint IS NOT NULL)
)
"""

VAULT_READS = """
CREATE TABLE vault_reads (
  id uuid CONSTRAINT pk_vault_reads PRIMARY KEY,
  file_id uuid NOT NULL CONSTRAINT fk_vault_reads_file_id_vault_files
    REFERENCES vault_files ON DELETE CASCADE,
  user_id uuid NOT NULL CONSTRAINT fk_vault_reads_user_id_users REFERENCES users,
  session_id uuid NOT NULL,
  part varchar NOT NULL,
  address varchar NOT NULL,
  at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute(VAULT_FILES)
    op.execute(
        "CREATE INDEX ix_vault_files_erase ON vault_files (erase_at) WHERE wrapped_key IS NOT NULL"
    )
    op.create_index("ix_vault_files_owner_id", "vault_files", ["owner_id", "id"])
    op.create_index("ix_vault_files_upload_id", "vault_files", ["upload_id"])
    op.execute(VAULT_CODES)
    op.execute(
        "CREATE UNIQUE INDEX uq_vault_codes_claimed ON vault_codes (fingerprint) WHERE is_claimed"
    )
    op.execute(VAULT_READS)
    op.create_index("ix_vault_reads_file_id", "vault_reads", ["file_id"])


def downgrade() -> None:
    op.drop_table("vault_reads")
    op.drop_table("vault_codes")
    op.drop_table("vault_files")

"""notices, mails, suppressed addresses, choices."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATEMENTS = (
    """CREATE TABLE notices (
      id uuid CONSTRAINT pk_notices PRIMARY KEY,
      user_id uuid CONSTRAINT fk_notices_user_id_users REFERENCES users ON DELETE CASCADE,
      kind varchar NOT NULL,
      key varchar NOT NULL CONSTRAINT uq_notices_key UNIQUE,
      facts jsonb NOT NULL,
      is_shown boolean NOT NULL,
      created_at timestamptz NOT NULL,
      read_at timestamptz
    )""",
    "CREATE INDEX ix_notices_user_id ON notices (user_id, id)",
    "CREATE INDEX ix_notices_unread ON notices (user_id) WHERE read_at IS NULL AND is_shown",
    """CREATE TABLE sends (
      id uuid CONSTRAINT pk_sends PRIMARY KEY,
      notice_id uuid NOT NULL CONSTRAINT fk_sends_notice_id_notices REFERENCES notices ON DELETE CASCADE,
      channel varchar NOT NULL,
      address varchar NOT NULL,
      language varchar NOT NULL,
      status varchar NOT NULL CONSTRAINT ck_sends_status CHECK (status IN
        ('due', 'sent', 'delivered', 'dropped', 'suppressed', 'bounced', 'refused', 'complained')),
      reason varchar,
      created_at timestamptz NOT NULL,
      sent_at timestamptz,
      CONSTRAINT uq_sends_notice_id UNIQUE (notice_id, channel, address)
    )""",
    "CREATE INDEX ix_sends_due ON sends (id) WHERE status = 'due'",
    "CREATE INDEX ix_sends_address ON sends (address)",
    """CREATE TABLE suppressions (
      address varchar CONSTRAINT pk_suppressions PRIMARY KEY,
      reason varchar NOT NULL
        CONSTRAINT ck_suppressions_reason CHECK (reason IN ('bounce', 'complaint', 'staff')),
      detail varchar,
      since timestamptz NOT NULL
    )""",
    """CREATE TABLE notice_choices (
      user_id uuid CONSTRAINT fk_notice_choices_user_id_users REFERENCES users ON DELETE CASCADE,
      kind varchar,
      channel varchar,
      is_wanted boolean NOT NULL,
      CONSTRAINT pk_notice_choices PRIMARY KEY (user_id, kind, channel)
    )""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("notice_choices", "suppressions", "sends", "notices"):
        op.drop_table(table)

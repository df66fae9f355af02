"""browsers that show notices when no page is open."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

PUSH_SUBSCRIPTIONS = """
CREATE TABLE push_subscriptions (
  id uuid CONSTRAINT pk_push_subscriptions PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT fk_push_subscriptions_user_id_users REFERENCES users ON DELETE CASCADE,
  session_id uuid NOT NULL
    CONSTRAINT fk_push_subscriptions_session_id_sessions REFERENCES sessions ON DELETE CASCADE,
  endpoint varchar NOT NULL CONSTRAINT uq_push_subscriptions_endpoint UNIQUE,
  p256dh varchar NOT NULL,
  auth varchar NOT NULL,
  created_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute(PUSH_SUBSCRIPTIONS)
    op.create_index("ix_push_subscriptions_user_id", "push_subscriptions", ["user_id"])
    op.create_index("ix_push_subscriptions_session_id", "push_subscriptions", ["session_id"])


def downgrade() -> None:
    op.drop_table("push_subscriptions")

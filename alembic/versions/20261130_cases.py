"""messages to the operator, and their answers."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

CASES = """
CREATE TABLE cases (
  id uuid CONSTRAINT pk_cases PRIMARY KEY,
  number varchar(6) NOT NULL CONSTRAINT uq_cases_number UNIQUE,
  kind varchar NOT NULL
    CONSTRAINT ck_cases_kind CHECK (kind IN ('contact', 'listing', 'user', 'illegal_content')),
  reason varchar NOT NULL,
  status varchar NOT NULL CONSTRAINT ck_cases_status CHECK (status IN ('open', 'waiting', 'closed')),
  refs text[] NOT NULL,
  user_id uuid CONSTRAINT fk_cases_user_id_users REFERENCES users,
  email varchar NOT NULL,
  name varchar NOT NULL,
  message varchar NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  closed_at timestamptz,
  CONSTRAINT ck_cases_reporter CHECK (user_id IS NOT NULL OR email <> '')
)
"""
ANSWERS = """
CREATE TABLE case_answers (
  id uuid CONSTRAINT pk_case_answers PRIMARY KEY,
  case_id uuid NOT NULL CONSTRAINT fk_case_answers_case_id_cases REFERENCES cases
    ON DELETE CASCADE,
  message varchar NOT NULL,
  created_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute(CASES)
    op.execute("CREATE INDEX ix_cases_user_id ON cases (user_id)")
    op.execute("CREATE INDEX ix_cases_unclosed ON cases (created_at) WHERE status <> 'closed'")
    op.execute(ANSWERS)
    op.execute("CREATE INDEX ix_case_answers_case_id ON case_answers (case_id)")


def downgrade() -> None:
    op.drop_table("case_answers")
    op.drop_table("cases")

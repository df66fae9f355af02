"""screenshots that prove deliveries are kept."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MARK = """
UPDATE vault_files SET is_proof = true WHERE id IN (SELECT proof_file_id FROM deliveries)
"""


def upgrade() -> None:
    op.execute("ALTER TABLE vault_files ADD COLUMN is_proof boolean NOT NULL DEFAULT false")
    op.execute(MARK)


def downgrade() -> None:
    op.execute("ALTER TABLE vault_files DROP COLUMN is_proof")

"""The application alone knows every table: no test, no other import helps it."""

import subprocess
import sys

CODE = """
from app import create_app
from app.settings import Settings, WebSettings
create_app(Settings(web=WebSettings(secret_key="only for this test")), TESTING=True)
from app.core.db import Base
from sqlalchemy.orm import configure_mappers
configure_mappers()
print(*[key.column.name for table in Base.metadata.sorted_tables for key in table.foreign_keys][:1])
"""


def test_every_foreign_key_is_understood_by_the_application_alone():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "id"

"""The document of deployment is in the order in which it is done, and its settings let the desk in."""

import getpass
import re

from db.engine import connect, migrate
from tests.server import ROOT

DOCUMENT = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def test_each_step_on_a_server_comes_after_what_it_needs():
    steps = (
        "apt install", "adduser --system", "tar -x -C /opt/loam", "make .venv/run.done", "install -d -o loam",
        "createuser", "createdb -O", "loam.env.example", "user add anna", "database grant", "systemctl enable --now",
        "openssl req", "cp deploy/nginx", "nginx -t",
    )  # fmt: skip
    places = [DOCUMENT.index(step) for step in steps]
    assert places == sorted(places)


def test_the_files_of_the_project_belong_to_root():
    assert "--no-create-home" in DOCUMENT  # else the folder would be made, and be the desk's own


def test_the_address_of_the_example_lets_in_by_the_socket_without_a_name_or_password(postgresql_server):
    example = (ROOT / "deploy" / "systemd" / "loam.env.example").read_text(encoding="utf-8")
    (address,) = re.findall(r"^LOAM_DATABASE_URL=(.*)$", example, re.MULTILINE)
    socket = postgresql_server.address("x").split("host=")[1]
    user, name = getpass.getuser(), postgresql_server.create()
    postgresql_server.run(f'DROP ROLE IF EXISTS "{user}"')
    postgresql_server.run(f'CREATE ROLE "{user}" LOGIN SUPERUSER')
    engine = connect(address.replace("/var/run/postgresql", socket).replace("///loam", f"///{name}"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar_one() == user
    engine.dispose()
    postgresql_server.drop(name)
    postgresql_server.run(f'DROP ROLE "{user}"')

"""The stack's small parts: short socket paths, data folders, package closures, the command's table."""

from __future__ import annotations

import os
import re
import socket
import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main
from app.cli.stack import debian, lifecycle, procfs
from app.cli.stack.errors import StackError
from app.cli.stack.places import LONGEST_SOCKET_NAME, SOCKET_PATH_LIMIT, Places, socket_folder
from app.cli.stack.postgres import system_programs
from app.cli.stack.provision import NOT_NEEDED, link_postgis_control, unpacked_programs
from app.cli.stack.runas import Account
from app.cli.stack.state import ProcessState, StackState, is_locked, read_state, stack_lock


def test_a_short_socket_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = socket_folder(Path("/tmp") / tmp_path.name[:20] / "s")
    assert folder == Path("/tmp") / tmp_path.name[:20] / "s"
    folder.rmdir()
    folder.parent.rmdir()


def test_a_long_socket_folder_is_replaced_by_a_short_private_one(tmp_path: Path) -> None:
    wished = tmp_path / ("a" * 120)
    folder = socket_folder(wished)
    try:
        assert len(str(folder)) + LONGEST_SOCKET_NAME <= SOCKET_PATH_LIMIT
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert socket_folder(wished) == folder, "the same data folder must find its socket again"
        assert socket_folder(tmp_path / ("b" * 120)) != folder
    finally:
        folder.rmdir()
        socket_folder(tmp_path / ("b" * 120)).rmdir()


def test_a_socket_folder_that_somebody_prepared_is_refused(tmp_path: Path) -> None:
    wished = tmp_path / ("c" * 120)
    folder = socket_folder(wished)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(StackError, match="somebody else"):
            socket_folder(wished)
    finally:
        folder.unlink()


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    places = Places(tmp_path / "data")
    places.make()
    key = places.secret_key()
    assert len(key) >= 64
    assert places.secret_key() == key
    assert stat.S_IMODE((places.data / "secret-key").stat().st_mode) == 0o600


def test_a_data_folder_that_cannot_be_made_is_said_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="--data DIR"):
        Places(tmp_path / "file" / "data").make()


@pytest.mark.parametrize("detached", [True, False])
def test_a_new_stack_whose_port_is_taken_leaves_no_folder(tmp_path: Path, detached: bool) -> None:
    places = Places(tmp_path / "town")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(StackError, match="in use"):
        port = taken.getsockname()[1]
        if detached:
            lifecycle.start_detached(places, port=port, say=print)
        else:
            lifecycle.supervise(places, port=port, say=print, announce=print)
    assert not places.data.exists()


def test_the_cluster_leaves_the_data_folder_when_its_user_cannot_enter(tmp_path: Path) -> None:
    stranger = Account("stranger", 54_321, 54_321)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert Places(closed / "data").cluster(None) == closed / "data" / "postgres"
    outside = Places(closed / "data").cluster(stranger)
    assert outside.parts[:4] == ("/", "var", "lib", "auzolan")
    assert Places(closed / "other").cluster(stranger) != outside


DEPENDS = """\
server-15
  Depends: client-15
 |Depends: locales
  Depends: locales-all
  PreDepends: <debconf-2.0>
    cdebconf
    debconf
  Depends: libgdal32
  Depends: libllvm14:any
client-15
  Depends: libpq5
libpq5
libgdal32
  Depends: libhdf5
locales
libhdf5
<debconf-2.0>
"""


def test_alternatives_and_virtual_packages_are_read_as_choices() -> None:
    graph = debian.parse_depends(DEPENDS)
    assert graph["server-15"] == [
        ["client-15"],
        ["locales", "locales-all"],
        ["cdebconf", "debconf"],
        ["libgdal32"],
        ["libllvm14"],
    ]
    assert graph["libgdal32"] == [["libhdf5"]]


def test_a_closure_stops_at_what_is_left_out_or_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debian, "_run", lambda command, **kwargs: DEPENDS)
    monkeypatch.setattr(debian, "installed_packages", lambda: {"libpq5", "debconf", "client-15"})
    apt, halves = debian.Apt(tmp_path), re.compile("^nothing$")
    # GDAL, its HDF5, LLVM and the locales are not needed; libpq and the client are there.
    assert apt.closure(["server-15"], leave_out=NOT_NEEDED, whole=halves) == ["server-15"]
    whole = re.compile("^client-")
    assert apt.closure(["server-15"], leave_out=NOT_NEEDED, whole=whole) == ["server-15", "client-15"]


def test_programs_count_only_with_postgis_beside_them_and_the_newest_wins(tmp_path: Path) -> None:
    for major, has_postgis in (("9", True), ("15", True), ("16", False), ("13", True)):
        programs = tmp_path / "usr/lib/postgresql" / major / "bin"
        extension = tmp_path / "usr/share/postgresql" / major / "extension"
        programs.mkdir(parents=True)
        extension.mkdir(parents=True)
        (programs / "postgres").touch()
        if has_postgis:
            (extension / "postgis-3.control").touch()
    assert system_programs(tmp_path) == []
    link_postgis_control(tmp_path)
    assert [found.major for found in system_programs(tmp_path)] == ["15", "13", "9"]
    assert unpacked_programs(tmp_path)[0].environment["PROJ_DATA"] == str(tmp_path / "usr/share/proj")


def test_a_process_is_known_by_its_start_and_not_by_its_number_alone() -> None:
    me = procfs.read(os.getpid())
    assert me
    assert procfs.is_alive(me.pid, me.start)
    assert not procfs.is_alive(me.pid, me.start + 1)
    assert procfs.read(2**22 + 1) is None


def test_a_state_comes_back_as_it_was_written_and_garbage_is_no_state(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.make()
    state = StackState(1, 2, "http://127.0.0.1:1", 1, str(tmp_path), "db", "redis", processes=[ProcessState("web", 7)])
    state.write(places.state_file)
    assert read_state(places) == state
    places.state_file.write_text("{")
    assert read_state(places) is None


def test_a_stack_is_locked_while_its_supervisor_holds_the_lock(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.make()
    with stack_lock(places) as mine:
        assert mine
        assert is_locked(places)
    assert not is_locked(places)


def test_help_lists_every_command_and_imports_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("app.cli.stack.commands")]:
        monkeypatch.delitem(sys.modules, module)
    told = CliRunner().invoke(main, ["--help"])
    assert told.exit_code == 0
    assert all(name in told.output for name in COMMANDS)
    assert "app.cli.stack.commands" not in sys.modules


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_explains_itself(name: str) -> None:
    told = CliRunner().invoke(main, [name, "--help"])
    assert told.exit_code == 0, told.output


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "The database does not answer"),
        ("garbage", "AUZOLAN_DATABASE_URL is not an address"),
        ("postgres://somebody@somewhere/town", "AUZOLAN_DATABASE_URL is not an address"),
    ],
)
@pytest.mark.parametrize("words", [["user", "list"], ["db", "current"], ["jobs", "status"]], ids=" ".join)
def test_a_command_says_in_words_that_the_database_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, words: list[str], url: str, said: str
) -> None:
    monkeypatch.setenv("AUZOLAN_DATABASE_URL", url)
    monkeypatch.setenv("AUZOLAN_REDIS_URL", "unix:///nowhere/redis.sock")
    told = CliRunner().invoke(main, words)
    assert told.exit_code == 1 and said in told.output, told.output

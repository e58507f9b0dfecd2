"""What is vendored is what the manifest says: name, version, licence, hash."""

from app.web.scripts.vendor import ROOT, differences, manifest


def test_every_vendored_file_is_the_published_one() -> None:
    assert differences() == []


def test_every_package_says_where_it_comes_from_and_under_which_licence() -> None:
    for package in manifest()["packages"]:
        assert package["version"] and package["licence"] and package["home"].startswith("https://")


def test_nothing_is_vendored_without_being_in_the_manifest() -> None:
    files = [file for package in manifest()["packages"] for file in package["files"]]
    declared = {file["to"] for file in files} | {f"{file['to']}.br" for file in files if "packed" in file}
    folders = ("app/web/static/vendor", "app/web/static/fonts", "tests/support/vendor")
    present = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }
    assert present == declared

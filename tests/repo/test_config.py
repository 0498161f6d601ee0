"""Settings: where they come from, and that writing one leaves the rest alone."""

from __future__ import annotations

import pytest

from tdv.errors import ConfigError, UsageError
from tdv.repo.config import SETTINGS, Config


@pytest.fixture
def paths(tmp_path):
    folder = tmp_path / ".tdv"
    (folder / "tmp").mkdir(parents=True)
    return folder / "config.toml", tmp_path / "home" / "tdv" / "config.toml"


def test_environment_then_repository_then_user(paths):
    repo, user = paths
    user.parent.mkdir(parents=True)
    user.write_text('[user]\nname = "U"\nemail = "u@x"\n[core]\neditor = "ed"\n')
    repo.write_text('[user]\nname = "R"\nemail = "r@x"\n')
    config = Config(repo, user, {"TDV_AUTHOR_NAME": "E", "TDV_AUTHOR_EMAIL": ""})
    assert [tuple(found) for found in config.items()] == [
        ("core.editor", "ed", str(user)),
        ("user.email", "r@x", str(repo)),
        ("user.name", "E", "$TDV_AUTHOR_NAME"),
    ]
    assert config.get("user.name") == "E"
    assert config.get("init.branch") is None


def test_writing_keeps_comments_order_and_unknown_names(paths):
    repo, user = paths
    before = '# mine\n[future]\nthing = 3 # later\n\n[user]\nemail = "r@x" # work\n'
    repo.write_text(before)
    config = Config(repo, user)
    config.set("user.name", 'A "q" \\')
    text = repo.read_text()
    assert text == before + 'name = "A \\"q\\" \\\\"\n'
    assert config.get("user.name") == 'A "q" \\'
    assert config.unset("user.name")
    assert repo.read_text() == before
    assert not config.unset("user.name")
    assert config.get("future.thing") == "3"


def test_user_file_is_created_with_its_folder(paths):
    repo, user = paths
    config = Config(repo, user)
    config.set("user.name", "U", user=True)
    assert Config(None, user).get("user.name") == "U"
    assert not repo.exists()
    assert [path.name for path in user.parent.iterdir()] == ["config.toml"]


def test_unknown_setting_suggests_a_known_one(paths):
    with pytest.raises(UsageError) as caught:
        Config(*paths).set("user.nam", "x")
    assert caught.value.message == "There is no setting `user.nam`."
    assert caught.value.hint == "Did you mean `user.name`?"


def test_values_are_checked(paths):
    repo, user = paths
    config = Config(repo, user)
    with pytest.raises(ConfigError, match=r"`core.locks` the value .x.; it has to be `required`"):
        config.set("core.locks", "x")
    with pytest.raises(ConfigError, match="one line of text"):
        config.set("user.name", "a\nb")
    repo.write_text("[user]\nname = 7\n")
    with pytest.raises(ConfigError, match=r"config.toml gives `user.name` the value 7"):
        Config(repo).get("user.name")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"[user\n", "is not valid TOML: .*line 1"),
        (b"a = 1\nb = \n", "line 2"),
        (b"\xff", "not valid UTF-8"),
    ],
)
def test_file_that_is_no_toml(paths, data, named):
    paths[0].write_bytes(data)
    with pytest.raises(ConfigError, match=named) as caught:
        Config(paths[0]).get("user.name")
    assert caught.value.exit_code == 2
    with pytest.raises(ConfigError):
        Config(paths[0]).set("user.name", "x")
    assert paths[0].read_bytes() == data


def test_value_in_place_of_a_table(paths):
    paths[0].write_text("user = 1\n")
    with pytest.raises(ConfigError, match="a value where a table is needed"):
        Config(paths[0]).set("user.name", "x")


def test_without_a_file(paths):
    with pytest.raises(UsageError, match="not a repository"):
        Config(None, paths[1]).set("user.name", "x")
    with pytest.raises(UsageError, match="no home folder"):
        Config(paths[0], None).set("user.name", "x", user=True)


def test_settings_explain_themselves():
    for name, setting in SETTINGS.items():
        assert name.count(".") == 1
        assert setting.help.endswith(".")
        assert not setting.variable or setting.variable.startswith("TDV_")

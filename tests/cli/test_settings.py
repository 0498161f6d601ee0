"""Whole outputs of `tdv config`."""

from __future__ import annotations


def test_set_get_unset(tdv):
    assert tdv("config", "set", "core.editor", "nano").err == ""
    assert tdv("config", "get", "core.editor").out == "nano\n"
    tdv("config", "unset", "core.editor")
    result = tdv("config", "get", "core.editor", code=1)
    assert (result.out, result.err) == ("", "")
    result = tdv("config", "unset", "core.editor", code=1)
    assert result.err.startswith("error: `core.editor` is not set there.\n")


def test_short_forms(tdv):
    tdv("config", "core.editor", "nano")
    assert tdv("config", "core.editor").out == "nano\n"
    tdv("config", "--global", "core.editor", "vi")
    tdv("config", "unset", "core.editor")
    assert tdv("config", "core.editor").out == "vi\n"
    assert tdv("config", "init.branch", code=1).out == ""
    assert tdv("config", "editor", code=2).err.startswith("error: There is no command")


def test_list_with_origin(tdv):
    tdv("config", "set", "core.editor", "nano")
    tdv("config", "set", "--user", "init.branch", "trunk")
    repo, user = tdv.folder / ".tdv/config.toml", tdv.env["XDG_CONFIG_HOME"] + "/tdv/config.toml"
    assert tdv("config", "list").out == (
        "core.editor=nano\ninit.branch=trunk\nuser.email=ada@example.org\nuser.name=Ada\n"
    )
    assert tdv("config", "list", "--show-origin").out == (
        f"{repo}\tcore.editor=nano\n{user}\tinit.branch=trunk\n"
        "$TDV_AUTHOR_EMAIL\tuser.email=ada@example.org\n$TDV_AUTHOR_NAME\tuser.name=Ada\n"
    )
    document = tdv("config", "list", "--json").json
    assert document["settings"][0] == {"name": "core.editor", "value": "nano", "origin": str(repo)}


def test_known_settings(tdv):
    out = tdv("config", "list", "--known").out
    assert "user.name" in out
    assert "core.editor" in out


def test_repository_wins_over_user_and_environment_over_both(tdv):
    tdv("config", "set", "--user", "core.editor", "u")
    assert tdv("config", "get", "core.editor").out == "u\n"
    tdv("config", "set", "core.editor", "r")
    assert tdv("config", "get", "core.editor").out == "r\n"
    assert tdv("config", "get", "core.editor", TDV_EDITOR="e").out == "e\n"


def test_value_without_effect_is_said(tdv):
    result = tdv("config", "set", "user.name", "Bob")
    assert result.err == (
        "warning: The value has no effect here: $TDV_AUTHOR_NAME gives another one.\n"
    )


def test_name_of_the_configuration_is_the_author(tdv):
    del tdv.env["TDV_AUTHOR_NAME"], tdv.env["TDV_AUTHOR_EMAIL"]
    tdv("config", "set", "user.name", "Bob")
    tdv("config", "set", "user.email", "bob@x")
    tdv("commit", "--allow-empty", "-m", "x")
    assert "Author: Bob <bob@x>\n" in tdv("log").out


def test_outside_a_repository(outside):
    outside("config", "set", "--user", "user.name", "Bob")
    assert outside("config", "get", "user.name", TDV_AUTHOR_NAME="").out == "Bob\n"
    result = outside("config", "set", "user.name", "Bob", code=2)
    assert result.err == (
        "error: This is not a repository.\nhint: `--user` means your own configuration.\n"
    )


def test_unknown_setting(tdv):
    for words in (["get", "user.nam"], ["set", "user.nam", "x"]):
        result = tdv("config", *words, code=2)
        assert result.err == (
            "error: There is no setting `user.nam`.\nhint: Did you mean `user.name`?\n"
        )


def test_broken_file(tdv):
    (tdv.folder / ".tdv/config.toml").write_text("[user\n")
    result = tdv("config", "list", code=2)
    assert result.err.startswith(f"error: {tdv.folder}/.tdv/config.toml is not valid TOML: ")

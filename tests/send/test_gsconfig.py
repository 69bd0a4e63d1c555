# SPDX-License-Identifier: MIT
"""The configuration file is read as the other scripts of GroupServer read it."""

from pathlib import Path

import pytest

from gs.profile.status.send.errors import ConfigError
from gs.profile.status.send.settings.settings import read_config

REAL = """\
# The configuration of our groups
[config-default]
webservice = default
database = default
smtp = on

[config-production]
webservice = live

[webservice-default]
token = theValueOfTheToken

[webservice-live]
token = theLiveToken

[database-default]
dsn = postgresql://gs:p%40ss@localhost/gs
"""


def token_of(file, instance):
    return read_config(file, instance).token


@pytest.fixture
def ini(tmp_path):
    def write(content):
        file = tmp_path / "gsconfig.ini"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    return write


@pytest.mark.parametrize(
    ("instance", "token"), [("default", "theValueOfTheToken"), ("production", "theLiveToken")]
)
def test_the_set_names_the_section_with_the_token(ini, instance, token):
    assert token_of(ini(REAL), instance).reveal() == token


def default(token_line, more=""):
    return f"[config-default]\nwebservice = w\n[webservice-w]\n{token_line}\n{more}"


@pytest.mark.parametrize(
    ("line", "token"),
    [
        ("token = abc", "abc"),
        ("token: abc", "abc"),
        ("TOKEN = abc", "abc"),
        ("token = abc ; the old one", "abc"),
        ("token = a;b", "a;b"),
        ("token = ab%cd", "ab%cd"),
        ("token = 100%", "100%"),
        ("token = ab%%cd", "ab%cd"),
        ("token = %(half)s2\nhalf = 1", "12"),
        ("token = %(nowhere)s", "%(nowhere)s"),
        ("token = first\ntoken = second", "second"),
        ("token = abc\nother = option", "abc"),
        ("token = a b#c", "a b#c"),
    ],
)
def test_the_token_is_read_as_by_the_other_scripts(ini, line, token):
    assert token_of(ini(default(line)), "default").reveal() == token


@pytest.mark.parametrize(
    "content",
    [
        default("token = abc", "[sendprofile-default]\nledger = /x\n"),
        default("token = abc", "[webservice-w]\n; the same section again\n"),
        "\ufeff" + default("token = abc"),
        default("token = abc").replace("\n", "\r\n"),
        default("token = abc", "# Grüße").encode("latin-1"),
    ],
)
def test_a_file_that_the_other_scripts_accept_is_accepted(ini, content):
    assert token_of(ini(content), "default").reveal() == "abc"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[config-other]\nwebservice = w", 'No configuration set "default" defined in file "{}".'),
        ("", 'No configuration set "default" defined in file "{}".'),
        ("[config-default]\nx = 1", 'No configuration defined for "webservice" in set "default".'),
        (
            "[config-default]\nwebservice = gone",
            'No configuration section for type "webservice" with value "gone".',
        ),
        (default(""), 'The option "token" of section [webservice-w] is missing or empty.'),
        (default("token ="), 'The option "token" of section [webservice-w] is missing or empty.'),
        ("token = secret", "It is not an ini file: line 1 is"),
        (default("secret"), "It is not an ini file: line 4 is"),
    ],
)
def test_the_error_names_what_is_missing(ini, content, says):
    file = ini(content)
    with pytest.raises(ConfigError) as raised:
        token_of(file, "default")
    assert f'Error with the configuration file "{file}":' in str(raised.value)
    assert says.format(file) in str(raised.value)


@pytest.mark.parametrize(
    "content", ["token = s3cret", default("s3cret s3cret"), b"\x00s3cret\xff"]
)
def test_a_broken_file_is_not_quoted(ini, content):
    with pytest.raises(ConfigError) as raised:
        token_of(ini(content), "default")
    assert "s3cret" not in str(raised.value)


def test_a_missing_file_and_a_folder_have_different_errors(tmp_path):
    with pytest.raises(ConfigError, match="No such file or directory"):
        token_of(str(tmp_path / "nosuch.ini"), "default")
    with pytest.raises(ConfigError, match="Is a directory"):
        token_of(str(tmp_path), "default")


OURS = REAL.replace("smtp = on", "smtp = on\nsendprofile = here") + "[sendprofile-here]\n"


def test_the_section_for_sendprofile_is_optional(ini):
    assert read_config(ini(REAL), "default").ledger is None
    assert read_config(ini(OURS), "default").ledger is None


@pytest.mark.parametrize("place", ["/var/lib/x/l.sqlite3", "/srv/50%/l.sqlite3"])
def test_the_section_for_sendprofile_names_the_ledger(ini, place):
    assert read_config(ini(f"{OURS}ledger = {place}\n"), "default").ledger == Path(place)
    assert read_config(ini(f"{OURS}ledger = {place}\n"), "production").ledger is None


def test_the_path_of_the_ledger_is_relative_to_the_file_or_to_home(ini, tmp_path):
    ledger = read_config(ini(f"{OURS}ledger = state/l.sqlite3\n"), "default").ledger
    assert ledger == tmp_path / "state" / "l.sqlite3"
    ledger = read_config(ini(f"{OURS}ledger = ~/l.sqlite3\n"), "default").ledger
    assert ledger == Path.home() / "l.sqlite3"


def test_an_unknown_option_is_an_error(ini):
    with pytest.raises(ConfigError, match=r'\[sendprofile-here\] has no option "legder"'):
        read_config(ini(f"{OURS}legder = x\n"), "default")


def test_a_missing_section_is_an_error(ini):
    content = REAL.replace("smtp = on", "sendprofile = gone")
    with pytest.raises(ConfigError, match='for type "sendprofile" with value "gone"'):
        read_config(ini(content), "default")

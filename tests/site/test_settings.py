# SPDX-License-Identifier: MIT
import re
from pathlib import Path

import pytest

from gs.profile.status.site.delivery.settings import SmtpSettings
from gs.profile.status.site.instance import (
    SettingsError,
    find_exposed,
    has_password,
    new_settings_file,
    read_settings,
)
from gs.profile.status.site.instance.settings import DATABASE_VARIABLE, PASSWORD_VARIABLE
from gs.profile.status.site.links import Layout

SMTP = '[mail]\nto = "smtp"\nhost = "mail.example.org"\n'
LOGGED_IN = f'{SMTP}user = "u"\n'
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "site-toml.md"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads the text of a ``site.toml``."""

    def run(text, **environment):
        file = tmp_path / "site.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_settings(file, tmp_path / "site.sqlite3", environment)

    return run


def test_a_missing_file_gives_the_defaults(tmp_path):
    config = read_settings(tmp_path / "site.toml", tmp_path / "site.sqlite3", {})
    assert config.database == tmp_path / "site.sqlite3"
    assert (config.url, config.mail) == (None, None)
    assert config.layout == Layout(groupserver=True, group=None, topic=None)
    assert (config.service.host, config.service.port) == ("127.0.0.1", 0)
    assert not config.many_processes


def test_every_key_sets_its_field(read, tmp_path):
    (tmp_path / "word").write_text("hidden\n")
    (tmp_path / "ca.pem").touch()
    config = read(
        'url = "https://groups.example.org/x/"\n'
        'database = "postgresql://u@h/n"\n'
        f'{LOGGED_IN}security = "tls"\npassword-file = "word"\nca-file = "ca.pem"\n'
        "timeout = 5\nfinal-timeout = 90.5\nconnections = 8\nmessages = 7\nidle = 3\n"
        'bounces = "b@example.org"\nlocal-hostname = "me.example.org"\n'
        '[pages]\ngroupserver = false\ngroup = "https://a.example/{group}/"\n'
        'topic = "https://a.example/{message-id}"\n'
        '[service]\nhost = "::"\nport = 8080\nunix = "s"\nlog-format = "json"\n'
        'log-level = "debug"\n'
    )
    assert config.url == "https://groups.example.org/x"
    assert config.database == "postgresql://u@h/n"
    assert config.many_processes
    assert config.mail == SmtpSettings(
        host="mail.example.org",
        port=465,
        security="tls",
        user="u",
        password="hidden",
        ca_file=tmp_path / "ca.pem",
        timeout=5,
        final_timeout=90.5,
        connections=8,
        messages=7,
        idle=3,
        bounces="b@example.org",
        local_hostname="me.example.org",
    )
    assert config.layout == Layout(
        groupserver=False,
        group="https://a.example/{group}/",
        topic="https://a.example/{message-id}",
    )
    service = config.service
    assert (service.host, service.port, service.unix) == ("::", 8080, tmp_path / "s")
    assert (service.log_format, service.log_level) == ("json", "debug")


@pytest.mark.parametrize("database", [None, 'postgresql://u:p"\\w@h/n'])
def test_a_new_file_sets_the_database_and_nothing_else(read, tmp_path, database):
    config = read(new_settings_file(database))
    assert config.database == (database or tmp_path / "site.sqlite3")
    assert (config.url, config.layout, config.mail) == (None, Layout(), None)
    assert config.service == read_settings(tmp_path / "none", tmp_path / "d", {}).service


def test_each_comment_of_a_new_file_is_a_setting_that_can_be_read(read, tmp_path):
    for name in ("smtp-password", "authority.pem"):
        (tmp_path / name).write_text("x\n")
    text = re.sub(r"^# (?=[a-z-]+ = )", "", new_settings_file(), flags=re.MULTILINE)
    assert text.count("\n#") < new_settings_file().count("\n#") - 10
    config = read(text.replace('to = "maildir"', 'to = "smtp"'))
    assert config.mail is not None


def test_the_environment_overrides_the_file(read):
    text = f'database = "postgresql://u@h/n"\n{LOGGED_IN}password = "one"\n'
    other = {DATABASE_VARIABLE: "postgresql://v@h/n", PASSWORD_VARIABLE: "two"}
    config = read(text, **other)
    assert config.database == "postgresql://v@h/n"
    assert config.mail.password == "two"
    assert read(LOGGED_IN, **other).mail.password == "two"
    with pytest.raises(SettingsError, match=DATABASE_VARIABLE):
        read("", **{DATABASE_VARIABLE: "sqlite://x"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "There is no key colour; the keys are database, mail, pages, service, url"),
        ("[post]\na = 1", "There is no key post; "),
        ("[mail]\nhots = 'x'", r"\[mail\] There is no key hots; the keys are .*host"),
        ("[service]\nlog = 'x'", r"\[service\] There is no key log; "),
        ("mail = 'x'", r"mail must be a table: \[mail\]"),
        ("url = 'groups.example.org'", "url must be a URL such as"),
        ("url = 'https://u:p@h/'", "url must be a URL"),
        ("url = 'https://h/?q'", "url must be a URL"),
        ("url = 'https://h:x/'", "url must be a URL"),
        ("url = 1", "url must be a URL"),
        ("url = ''", "url must be a URL"),
        ("database = 'mysql://h/n'", "database must be postgresql://"),
        ("[pages]\ngroupserver = 'no'", r"\[pages\] groupserver must be true or false"),
        ("[pages]\ngroupserver = 0", r"\[pages\] groupserver must be true or false"),
        ("[pages]\ngroup = 'https://h/{list}/'", r"\[pages\] group must be a URL such as"),
        ("[pages]\ntopic = 'https://h/'", r"\[pages\] topic must be a URL with \{message-id"),
        ("[pages]\nauthor = 'x'", r"\[pages\] There is no key author; "),
        ("[mail]\nto = 'post'", r'\[mail\] to must be one of "maildir", "smtp"'),
        ("[mail]\nto = ['smtp']", r"\[mail\] to must be one of"),
        ("[mail]\nto = 'smtp'", r"\[mail\] with to = .smtp., host must be the name"),
        (SMTP + "port = 70000", r"\[mail\] port must be a whole number up to 65535"),
        (SMTP + "port = true", r"\[mail\] port must be a whole number"),
        (SMTP + "port = -1", r"\[mail\] .*port"),
        (SMTP + "connections = 65", r"\[mail\] connections must be a whole number up to 64"),
        (SMTP + "connections = 0", r"\[mail\] .*connections"),
        (SMTP + "idle = 86401", r"\[mail\] idle must be a number of seconds, at most 86400"),
        (SMTP + "port = '25'", r"\[mail\] port must be a whole number"),
        (SMTP + "timeout = 0", r"\[mail\] .*timeout"),
        (SMTP + "timeout = nan", r"\[mail\] timeout must be a number of seconds"),
        (SMTP + "security = 'ssl'", r"\[mail\] .*security"),
        (SMTP + "ca-file = 'none'", r"\[mail\] ca-file: cannot read .*none: No such file"),
        (SMTP + "bounces = 'x'", r"\[mail\] .*bounces"),
        (LOGGED_IN, "user and password come together"),
        (LOGGED_IN + "password = 'secret'\nsecurity = 'none'", "only sent under TLS"),
        (LOGGED_IN + "password-file = 'x'", "password-file: cannot read .*x: No such file"),
        (LOGGED_IN + "password = 77\n", r"\[mail\] password must be a text"),
        ("password = secret", "The file is not TOML at line 1"),
        (b"url = '\xff'", "The file is not UTF-8"),
        ("[service]\nport = -1", r"\[service\] port must be a whole number from 0"),
        ("[service]\nlog-level = 'loud'", r"\[service\] log-level must be one of"),
    ],
)
def test_an_error_is_one_line_without_the_value(read, tmp_path, text, message):
    with pytest.raises(SettingsError, match=message) as caught:
        read(text)
    line = str(caught.value)
    assert line.startswith(f"{tmp_path}/site.toml: ")
    assert line.isprintable()
    assert "secret" not in line
    assert "u:p" not in line


def test_a_password_is_set_once(read, tmp_path):
    (tmp_path / "word").write_text("hidden\n")
    with pytest.raises(SettingsError, match="password and password-file: set only one of them"):
        read(LOGGED_IN + 'password = "hidden"\npassword-file = "word"\n')


def test_a_password_file_has_one_line(read, tmp_path):
    for content in ("", "\n", "a\nb\n"):
        (tmp_path / "word").write_text(content)
        with pytest.raises(SettingsError, match="one line"):
            read(LOGGED_IN + 'password-file = "word"\n')


@pytest.mark.parametrize(
    ("database", "has"),
    [
        ("postgresql://user@host/name", False),
        ("postgresql:///name?host=/run/postgresql", False),
        ("postgresql://user:hidden@host/name", True),
        ("postgresql://user:@host/name", True),
        ("postgresql://user@host/name?sslmode=require&password=hidden", True),
        ("postgresql://[user:hidden@host/name", True),
    ],
)
def test_a_password_in_the_url_of_a_database_is_found(database, has):
    assert has_password(database) == has


def test_no_secret_is_shown_with_the_settings(read):
    config = read(f'database = "postgresql://u:hidden@h/n"\n{LOGGED_IN}password = "hidden"\n')
    assert "hidden" not in repr(config)
    assert "hidden" not in str(config)


def test_a_secret_that_other_users_can_read_is_reported(read, tmp_path):
    settings, word = tmp_path / "site.toml", tmp_path / "word"
    assert find_exposed(settings) == []
    word.write_text("hidden\n")
    read(LOGGED_IN + 'password-file = "word"\n')
    settings.chmod(0o644)
    word.chmod(0o604)
    assert find_exposed(settings) == [word]
    word.chmod(0o640)
    assert find_exposed(settings) == []
    read(LOGGED_IN + 'password = "hidden"\n')
    assert find_exposed(settings) == [settings]
    settings.chmod(0o600)
    assert find_exposed(settings) == []


def test_documented_keys_are_the_keys():
    keys = set(re.findall(r"^(?:# )?([a-z-]+) = ", new_settings_file(), re.MULTILINE))
    keys |= {"password", "final-timeout", "messages", "idle", "local-hostname"}
    documented = re.findall(
        r"^:::\{confval\} (?:\w+\.)?([a-z-]+)$", PAGE.read_text(), re.MULTILINE
    )
    assert set(documented) == keys

"""Writes docs/configuration.md from the schema of the settings: `make docs`."""

from configs.keys import SECTIONS, SETTINGS, children
from configs.load import shipped
from configs.scalars import kind, span
from configs.setting import Setting
from configs.write import scalar

HEAD = """\
# Settings

Made from `configs/schema.py` by `make docs`; `ratchet config` shows the same with the values of a file.

An experiment is a YAML file that says only what differs from these defaults:
`ratchet run FILE.yaml`. Shipped files: {shipped}; `ratchet config NAME` shows one in full.
On the command line, `section.key=value` comes last and wins. `extends: [NAME, FILE]` stacks files.
Settings marked *resumable* may change when a run is continued. Sources are in
[references.md](references.md).
"""


def main() -> None:
    """Prints the page."""
    names = ", ".join(f"`{name}`" for name in shipped())
    print(HEAD.format(shipped=names))
    print("\n".join(_table("", "The experiment")))
    for section, text in SECTIONS.items():
        print("\n".join(["", *_table(section, f"`{section}`", text)]))


def _table(section: str, title: str, text: str = "") -> list[str]:
    prefix = f"{section}." if section else ""
    keys = [key for key in SETTINGS if key.rpartition(".")[0] == section]
    rows = [_row(key, SETTINGS[key]) for key in keys]
    assert {key.removeprefix(prefix) for key in keys} <= set(children(section))
    head = [f"## {title}", "", *([text, ""] if text else [])]
    return [*head, "| setting | default | allowed | meaning |", "|---|---|---|---|", *rows]


def _row(key: str, setting: Setting) -> str:
    choices = ", ".join(f"`{choice}`" for choice in setting.choices)
    allowed = choices or "; ".join(part for part in (kind(setting), span(setting)) if part)
    more = [setting.source, "resumable" if setting.resumable else ""]
    meaning = " ".join([setting.help, *(f"*{part}*" for part in more if part)])
    cells = [f"`{key}`", f"`{scalar(setting.default)}`", allowed, meaning]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    main()

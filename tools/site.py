#!/usr/bin/env python3
"""Makes the documentation as a site: the pages of docs/, README in front, the interfaces for Python, C++ and C, and the public
headers and examples as pages.

usage: site.py FOLDER [--stub FILE] [--mkdocs PROGRAM]. FOLDER/pages is what MkDocs gets, FOLDER/site the site; --mkdocs builds it
(Material for MkDocs, whose search works without a server of ours). --stub is _core.pyi of the installed package, with the docstrings of
what is written in C++. Links between pages stay; a link to a file of the sources leads to its page.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

import api_pages

ROOT = pathlib.Path(__file__).resolve().parents[1]
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
CODE = re.compile(r"(^```.*?^```$|`[^`\n]*`)", re.M | re.S)
LANGUAGES = {".hpp": "cpp", ".cpp": "cpp", ".h": "c", ".c": "c", ".py": "python", ".rs": "rust", ".f90": "fortran", ".txt": "text"}
#: Chapters: pages by their place in the sources; those of docs/ that are in none come last, under Reference.
CHAPTERS = {
    "Start": ["README.md", *(f"docs/guide/{name}.md" for name in ("install", "start", "python", "cpp", "mcp", "schemas"))],
    "Before a run": [
        f"docs/guide/{name}.md"
        for name in ("choose", "bounds", "schedules", "transfer", "foreign", "lint", "design-python", "training-programs")
    ],
    "During and after": [
        f"docs/guide/{name}.md"
        for name in ("logs", "grad-norms", "longer", "anytime", "run-store", "teams", "train", "laws", "law-parameters", "forecasts", "paper")
    ],
}
CONFIGURATION = """\
site_name: scheduled
site_description: Learning-rate schedules with guarantees for large-model training
docs_dir: pages
site_dir: site
use_directory_urls: false
theme:
  name: material
  font: false
  features: [navigation.sections, navigation.top, content.code.copy, search.suggest, search.highlight]
  palette:
    - {media: "(prefers-color-scheme: light)", scheme: default, primary: blue grey, toggle: {icon: material/weather-night, name: dark}}
    - {media: "(prefers-color-scheme: dark)", scheme: slate, primary: blue grey, toggle: {icon: material/weather-sunny, name: light}}
plugins: [search]
markdown_extensions: [attr_list, tables, fenced_code, {toc: {permalink: true}}, pymdownx.highlight, pymdownx.superfences]
validation: {links: {not_found: warn, anchors: warn, unrecognized_links: warn}}
nav:
"""


def place_of(path):
    """Where a file of the sources stands among the pages."""
    name = path.relative_to(ROOT).as_posix()
    if name == "README.md":
        return "index.md"
    if path.is_dir():
        return f"source/{name}/index.md"
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    return name if path.suffix == ".md" else f"source/{name}.md"


class Site:
    def __init__(self, folder):
        self.pages = folder / "pages"
        self.written = {}  #: place: title
        self.wanted = []  #: files of the sources to which links lead

    def write(self, path, text):
        self.write_at(place_of(path), text)

    def write_at(self, place, text):
        target = self.pages / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        heading = re.search(r"^# (.+)$", text, re.M)
        self.written[place] = heading[1].replace("`", "") if heading else place

    def link(self, page, target):
        """A link of the page as it is in the site."""
        if re.match(r"[a-z]+:|#", target):
            return target
        name, mark, section = target.partition("#")
        path = pathlib.Path(os.path.normpath(page.parent / name))
        if not path.is_relative_to(ROOT) or not path.exists():
            raise SystemExit(f"site: {page.relative_to(ROOT)}: {target}: there is no such file")
        if path.is_file() and path.suffix in (".png", ".svg"):
            place = path.relative_to(ROOT / "docs").as_posix()
        else:
            place = place_of(path)
            self.wanted.append(path)
        return os.path.relpath(place, os.path.dirname(place_of(page)) or ".") + mark + section

    def add_page(self, path):
        def linked(text):
            return LINK.sub(lambda found: found[1] + self.link(path, found[2]) + found[3], text)

        parts = CODE.split(path.read_text(encoding="utf-8"))
        self.write(path, "".join(part if number % 2 else linked(part) for number, part in enumerate(parts)))

    def add_source(self, path):
        name = path.relative_to(ROOT).as_posix()
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.is_file())
            self.wanted += files
            here = os.path.dirname(place_of(path))
            self.write(path, f"# {name}\n\n" + "".join(f"- [{file.name}]({os.path.relpath(place_of(file), here)})\n" for file in files))
            return
        text = path.read_text(encoding="utf-8")
        self.write(path, f"# {path.name}\n\n`{name}`\n\n````{LANGUAGES.get(path.suffix, 'text')}\n{text}\n````\n")

    def add_api(self, stub):
        for name, text in api_pages.Package(ROOT / "python/scheduled", stub).pages():
            self.write_at(f"api/python/{name}", text)
        for header in sorted((ROOT / "include/scheduled").iterdir()):
            place = f"api/cpp/{header.name}.md"
            self.write_at(place, api_pages.header_page(header, os.path.relpath(place_of(header), os.path.dirname(place))))

    def add_all(self, stub):
        self.add_api(stub)
        for path in [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]:
            self.add_page(path)
        self.wanted.append(ROOT / "include/scheduled")
        while self.wanted:
            path = self.wanted.pop()
            if place_of(path) not in self.written:
                self.add_source(path)
        shutil.copytree(ROOT / "docs/images", self.pages / "images")

    def chapters(self):
        places = {chapter: [place_of(ROOT / name) for name in names] for chapter, names in CHAPTERS.items()}
        named = {place for names in places.values() for place in names}
        rest = sorted(place for place in self.written if place not in named and not place.startswith(("source/", "adr/", "api/")))
        places["Reference"] = [*rest, "source/include/scheduled/index.md"]
        for chapter, folder in [("Python, by module", "api/python/"), ("C++ and C, by header", "api/cpp/")]:
            places[chapter] = sorted((place for place in self.written if place.startswith(folder)), key=lambda place: place.removesuffix(".md"))
        places["Decisions"] = sorted(place for place in self.written if place.startswith("adr/"))
        return places


def configuration(site):
    lines = []
    for chapter, places in site.chapters().items():
        lines.append(f"  - {chapter}:\n")
        lines += [f"      - '{site.written[place].replace(chr(39), chr(39) * 2)}': {place}\n" for place in places]
    return CONFIGURATION + "".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Makes the documentation as a site.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--stub", type=pathlib.Path)
    parser.add_argument("--mkdocs", type=pathlib.Path)
    options = parser.parse_args()
    folder = options.folder.resolve()
    for part in ("pages", "site"):
        shutil.rmtree(folder / part, ignore_errors=True)
    site = Site(folder)
    site.add_all(options.stub)
    (folder / "mkdocs.yml").write_text(configuration(site), encoding="utf-8")
    print(f"site: {len(site.written)} pages")
    if options.mkdocs:
        sys.exit(subprocess.run([options.mkdocs, "build", "--strict", "--quiet", "--config-file", folder / "mkdocs.yml"],
                                env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}).returncode)


if __name__ == "__main__":
    main()

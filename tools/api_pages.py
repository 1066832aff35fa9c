"""Pages of the programming interfaces for the site: Python from docstrings and stubs, C++ and C from the comments of the headers.

Nothing is imported: modules and stubs are read as text, so that neither frameworks nor the built package must be there.
"""

import ast
import re
import textwrap

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.M)
LISTS = {"Parameters", "Returns", "Raises", "Attributes", "Yields", "Notes"}
#: What is wrong if a page shows it: a name that is exported and defined nowhere.
MISSING = "tools/api_pages.py: {} is in __all__ and neither in the stub nor in the package"


def inline(text):
    """Text of a docstring or comment as Markdown: code in backticks stays, the rest has no markup of its own."""
    parts = re.split(r"(``[^`]+``|`[^`\n]+`)", text)
    return "".join(f"`{part.strip('`')}`" if number % 2 else escaped(part) for number, part in enumerate(parts))


def escaped(text):
    """A `_` within a name is none of Markdown's."""
    return re.sub(r"([*\[\]]|(?<!\w)_|_(?!\w))", r"\\\1", text).replace("<", "&lt;")


def prose(text):
    """Paragraphs, lists and, indented deeper, formulas as they are."""
    out = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        if all(line.startswith("    ") for line in lines):
            out.append("```text\n" + textwrap.dedent(block) + "\n```")
        elif all(re.match(r"- |  ", line) for line in lines):
            out.append(
                "\n".join(
                    ("- " + inline(line[2:])) if line.startswith("- ") else "  " + inline(line.strip())
                    for line in lines
                )
            )
        else:
            out.append(inline(" ".join(line.strip() for line in lines)))
    return "\n\n".join(out)


def entries(text):
    """`name : type` with its indented text, as a list."""
    out = []
    for match in re.finditer(r"^(\S.*)\n((?:[ \t]+.*\n?|\s*\n)*)", text + "\n", re.M):
        name, _, kind = match[1].partition(" : ")
        said = inline(" ".join(textwrap.dedent(match[2]).split()))
        out.append(f"- `{name}`" + (f" (`{kind}`)" if kind else "") + (f": {said}" if said else ""))
    return "\n".join(out)


def docstring(text):
    if not text:
        return ""
    parts = SECTION.split(textwrap.dedent(text).strip("\n") + "\n")
    out = [prose(parts[0])]
    for title, body in zip(parts[1::2], parts[2::2]):
        if title == "Examples":
            body = "```pycon\n" + body.strip("\n") + "\n```"
        elif title == "Notes":
            body = prose(body)
        else:
            body = entries(body.strip("\n"))
        out.append(f"**{title}**\n\n{body}")
    return "\n\n".join(part for part in out if part)


def signature(node, name):
    bare = ast.FunctionDef(
        name=name,
        args=node.args,
        body=[ast.Expr(ast.Constant(...))],
        decorator_list=[],
        returns=node.returns,
        type_params=[],
        lineno=0,
    )
    line = ast.unparse(ast.fix_missing_locations(bare)).splitlines()[0].removesuffix(":")
    line = re.sub(r"\bscheduled\._core\.|\b_core\.|\bcollections\.abc\.", "", line.removeprefix("def "))
    if len(line) <= 88 or line.count("\n"):
        return line
    parts, end = argument_texts(node.args), line.rpartition(")")[2]
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + ")" + end


def argument_texts(arguments):
    """Each argument of a long signature, with `/` and `*` between them."""
    positional = [*arguments.posonlyargs, *arguments.args]
    usual = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    texts = [shown_argument(one, default) for one, default in zip(positional, usual)]
    if arguments.posonlyargs:
        texts.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg:
        texts.append("*" + shown_argument(arguments.vararg, None))
    elif arguments.kwonlyargs:
        texts.append("*")
    texts += [shown_argument(one, default) for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults)]
    return texts + (["**" + shown_argument(arguments.kwarg, None)] if arguments.kwarg else [])


def shown_argument(argument, default):
    kind = (
        re.sub(r"\bscheduled\._core\.|\b_core\.|\bcollections\.abc\.", "", ast.unparse(argument.annotation))
        if argument.annotation
        else ""
    )
    text = argument.arg + (f": {kind}" if kind else "")
    return text if default is None else text + (" = " if kind else "=") + ast.unparse(default)


def is_property(node):
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


def function_text(nodes, name):
    """A function, or what it is overloaded with."""
    out = []
    for node in nodes:
        out.append(f"```python\n{signature(node, name)}\n```")
        out.append(docstring(ast.get_docstring(node)))
    return "\n\n".join(part for part in out if part)


def made_by(node, name):
    """How an object is made: __init__ without self."""
    arguments = ast.arguments(**{**vars(node.args)})
    if arguments.posonlyargs:
        arguments.posonlyargs = arguments.posonlyargs[1:]
    else:
        arguments.args = arguments.args[1:]
    bare = ast.FunctionDef(
        name=name, args=arguments, body=[], decorator_list=[], returns=None, type_params=[], lineno=0
    )
    return signature(bare, name)


def class_text(nodes, name):
    """A class: what it is, how it is made, its attributes and its methods."""
    (node,) = nodes
    members = [one for one in node.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
    made = [one for one in members if one.name == "__init__"]
    out = [f"```python\nclass {made_by(one, name)}\n```" for one in made]
    out.append(docstring(ast.get_docstring(node)))
    shown = [
        one
        for one in members
        if not one.name.startswith("_") and not any("setter" in ast.unparse(d) for d in one.decorator_list)
    ]
    attributes = [one for one in shown if is_property(one)]
    public = [one for one in shown if not is_property(one)]
    if attributes:
        lines = []
        for one in attributes:
            kind = ast.unparse(one.returns).replace("_core.", "") if one.returns else ""
            said = inline(" ".join((ast.get_docstring(one) or "").split()))
            lines.append(f"- `{one.name}`" + (f" (`{kind}`)" if kind else "") + f": {said}")
        out.append("**Attributes**\n\n" + "\n".join(lines))
    if {"to_json", "json_schema"} <= {one.name for one in public} and len(attributes) > 0:
        public = [one for one in public if one.name not in ("to_json", "json_schema")]
        out.append("`to_json()` is all of this as JSON text, `json_schema()` its JSON Schema.")
    for method in dict.fromkeys(one.name for one in public):
        same = [one for one in public if one.name == method]
        out.append(f"### {name}.{method} {{ #{name}.{method} }}\n\n" + function_text(same, method))
    return "\n\n".join(part for part in out if part)


def definitions(text):
    """What a module defines at its top: nodes by name."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node)
    return found


def exported(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return [one.value for one in node.value.elts]
    return []


class Package:
    """The modules of a package, and the stub of its extension."""

    def __init__(self, folder, stub):
        self.folder = folder
        self.core = definitions(stub.read_text(encoding="utf-8")) if stub else {}
        self.sources = {path: definitions(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}

    def find(self, module, name):
        for place in (self.sources[module], self.core, *self.sources.values()):
            if name in place and not (
                place is self.sources[module] and isinstance(place[name][0], ast.Assign) and name in self.core
            ):
                return place[name]
        return None

    def pages(self):
        """(file name, text) of each module that exports something."""
        for path in self.sources:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = exported(tree)
            inner = path.relative_to(self.folder).with_suffix("").parts
            if not names and len(inner) == 1 and not path.stem.startswith("_"):  # all that it does not call private
                names = [name for name in self.sources[path] if not re.match(r"_|[A-Z_]+\d*$", name)]
            if names:
                title = ".".join(["scheduled", *(part for part in inner if part != "__init__")])
                yield f"{title}.md", self.linked(self.page(path, tree, title, names), title)

    def classes(self):
        """The page of each class that is exported."""
        found = {}
        for path in reversed(self.sources):  # scheduled itself last
            title = ".".join(
                [
                    "scheduled",
                    *(part for part in path.relative_to(self.folder).with_suffix("").parts if part != "__init__"),
                ]
            )
            for name in exported(ast.parse(path.read_text(encoding="utf-8"))):
                nodes = self.find(path, name)
                if nodes and isinstance(nodes[0], ast.ClassDef):
                    found[name] = title
        return found

    def linked(self, text, title):
        """Names of classes in the text lead to them."""
        classes = self.classes()

        def link(found):
            page = classes.get(found[1])
            if page is None:
                return found[0]
            return f"[{found[0]}]({'' if page == title else page + '.md'}#{found[1]})"

        parts = re.split(r"(^```.*?^```$|^#[^\n]*$)", text, flags=re.M | re.S)
        return "".join(
            part if number % 2 else re.sub(r"`([A-Z]\w+)`(?!\])", link, part, flags=re.M)
            for number, part in enumerate(parts)
        )

    def page(self, path, tree, title, names):
        out = [f"# {title}", docstring(ast.get_docstring(tree))]
        for name in sorted((name for name in names if not name.startswith("__")), key=str.lower):
            nodes = self.find(path, name)
            if nodes is None:
                if self.core:
                    raise SystemExit(MISSING.format(f"{title}.{name}"))
                continue  # of the extension, whose stub is not there
            out.append(f"## {name} {{ #{name} }}")
            if isinstance(nodes[0], ast.ClassDef):
                out.append(class_text(nodes[:1], name))
            elif isinstance(nodes[0], ast.Assign):
                out.append(f"```python\n{ast.unparse(nodes[0])[:200]}\n```")
            else:
                out.append(function_text(nodes, name))
        return "\n\n".join(part for part in out if part) + "\n"


# ---- C++ and C

NAMED = re.compile(
    r"\b(?:struct|class|enum class|enum|concept|using|namespace)\s+(\w+)|(?:^|[\s*&])(operator\W+|\w+)\(", re.M
)


def comment_lines(block):
    """The comment before a declaration and the rest, as lists of lines."""
    comment, lines = [], block.splitlines()
    inside = False
    while lines:
        line = lines[0].strip()
        if inside or line.startswith("/*"):
            text = re.sub(r"^/?\*+ ?", "", re.sub(r"\s*\*+/$", "", line))
            inside = "*/" not in line
        elif line.startswith("//"):
            text = re.sub(r"^///? ?", "", line)
        else:
            break
        comment.append(text)
        lines.pop(0)
    return comment, lines


def comment_text(lines):
    """Paragraphs; lines that are indented are formulas."""
    text, code = [], []
    out = []
    for line in [*lines, ""]:
        if line.startswith("  "):
            if text:
                out.append(inline(" ".join(text)))
                text = []
            code.append(line)
            continue
        if code:
            out.append("```text\n" + textwrap.dedent("\n".join(code)) + "\n```")
            code = []
        if line.startswith("- ") or not line:
            if text:
                out.append(inline(" ".join(text)))
            text = []
        if line:
            text.append(line)
    return "\n\n".join(out)


def blocks(text):
    """A header's parts: what stands between blank lines outside of braces."""
    part, depth = [], 0
    for line in text.splitlines():
        bare = re.sub(r'//.*|/\*.*?\*/|"(?:[^"\\]|\\.)*"', "", line)
        if (
            re.match(r'(namespace [\w:]+ \{|\}  // namespace|extern "C" \{)', line)
            or re.match(r"#", line)
            or line.strip() == "}"
        ):
            if depth == 0 and part:
                yield "\n".join(part)
                part = []
            if depth == 0:
                continue
        if not line.strip() and depth == 0:
            if part:
                yield "\n".join(part)
            part = []
            continue
        part.append(line)
        depth += bare.count("{") - bare.count("}")
    if part:
        yield "\n".join(part)


def header_page(path, source):
    """The page of a header; `source`: the link to its text."""
    language = "c" if path.suffix == ".h" else "cpp"
    out, first, used = [f"# {path.name}"], True, set()
    for block in blocks(path.read_text(encoding="utf-8")):
        comment, code = comment_lines(block)
        title = re.match(r"-{4} (.*?)\.?$", comment[0]) if comment else None
        if title:
            out.append(f"## {inline(title[1])}")
            comment = comment[1:]
        if code:
            name = NAMED.search("\n".join(code))
            name = (name[1] or name[2] or "").strip() if name else ""
            if name and name not in used:
                used.add(name)
                out.append(f"### {inline(name)}")
        if comment:
            out.append(comment_text(comment))
        if code:
            out.append(f"```{language}\n" + "\n".join(code) + "\n```")
        if first:
            out.append(f"`#include <scheduled/{path.name}>`; [the header itself]({source}).")
            first = False
    return "\n\n".join(part for part in out if part) + "\n"

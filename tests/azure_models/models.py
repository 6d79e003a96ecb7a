"""Reads the generated clients of Azure out of their wheels, without installing or importing them.

`Arm` knows the operations and models of `azure-mgmt-*`, `Graph` those of `msgraph-sdk`. A type is one of the words `str`, `int`,
`float`, `bool`, `any`, or a pair: `("list", type)`, `("dict", type)`, `("model", Model)`.
"""

import ast
import functools
import re
import zipfile

WORDS = {"str": "str", "bool": "bool", "int": "int", "long": "int", "float": "float", "bytes": "str", "bytearray": "str", "base64": "str",
         "iso-8601": "str", "rfc-1123": "str", "duration": "str", "date": "str", "time": "str", "datetime": "str", "timedelta": "str",
         "unix-time": "int", "object": "any", "Any": "any", "JSON": "any"}


def words(name):
    """`BlobServices_GetServiceProperties` and `blob_services` + `get_service_properties` are the same."""
    return name.replace("_", "").lower()


class Model:
    """A class of models: its members by their names on the wire, with those of the classes that stand in for it."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name

    def members(self):
        return self.folder.members(self.name)


class Folder:
    """One `models` folder of a wheel."""

    def __init__(self, sources):
        self.classes = {}
        for source in sources:
            for node in ast.parse(source).body:
                if isinstance(node, ast.ClassDef):
                    self.classes[node.name] = node

    @functools.cache
    def below(self, name):
        found = [one for one, node in self.classes.items() if name in bases(node)]
        return [name, *(deeper for one in found for deeper in self.below(one))]

    @functools.cache
    def own(self, name):
        node, members = self.classes.get(name), {}
        if node is None:
            return members
        for base in bases(node):
            members.update(self.own(base))
        for part in node.body:
            if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "_attribute_map":
                for value in part.value.values:
                    told = ast.literal_eval(value)
                    put(members, told["key"].replace("\\.", "\0").split("."), self.classic(told["type"]))
            if isinstance(part, ast.AnnAssign) and isinstance(part.value, ast.Call) and part.value.func.id.startswith("rest_"):
                named = [word.value.value for word in part.value.keywords if word.arg == "name"]
                members[(named or [part.target.id])[0]] = self.annotated(part.annotation)
        return members

    @functools.cache
    def members(self, name):
        members = {}
        for one in reversed(self.below(name)):
            members.update(self.own(one))
        return members

    def classic(self, text):
        if text.startswith("["):
            return ("list", self.classic(text[1:-1]))
        if text.startswith("{"):
            return ("dict", self.classic(text[1:-1]))
        if text in WORDS:
            return WORDS[text]
        return ("model", Model(self, text)) if text in self.classes else "str"

    def annotated(self, node):
        if isinstance(node, ast.Constant):
            return "any" if node.value is None else self.annotated(ast.parse(node.value, mode="eval").body)
        if isinstance(node, ast.Subscript):
            outer = getattr(node.value, "id", getattr(node.value, "attr", ""))
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if outer in ("list", "List"):
                return ("list", self.annotated(inner[0]))
            if outer in ("dict", "Dict"):
                return ("dict", self.annotated(inner[1]))
            if outer == "Literal":
                return "str"
            kinds = [self.annotated(one) for one in inner if not (isinstance(one, ast.Constant) and one.value is None)]
            return kinds[0]
        name = getattr(node, "attr", getattr(node, "id", ""))
        if name in self.classes:
            return ("model", Model(self, name))
        return WORDS.get(name, "str")


def bases(node):
    return [getattr(base, "attr", getattr(base, "id", "")) for base in node.bases]


def put(members, path, kind):
    """Members that a model has flattened (`properties.accessTier`) stand below one another again."""
    name = path[0].replace("\0", ".")
    if len(path) == 1:
        members[name] = kind
        return
    held = members.get(name)
    below = dict(held[1].members()) if isinstance(held, tuple) and isinstance(held[1], Flat) else {}
    put(below, path[1:], kind)
    members[name] = ("model", Flat(below))


class Flat:
    name = "flattened"

    def __init__(self, members):
        self.of = members

    def members(self):
        return self.of


class Operation:
    def __init__(self, wheel, id_, method, url, version, returns, folder):
        self.wheel, self.id, self.method, self.url, self.version = wheel, id_, method, url, version
        self.returns, self.folder = returns, folder

    def model(self):
        """The item of a list, or the answer."""
        if not self.returns:
            return None
        answer = Model(self.folder(), self.returns)
        items = answer.members().get("value")
        return items[1][1] if isinstance(items, tuple) and items[0] == "list" and isinstance(items[1], tuple) else answer

    def type(self):
        """`microsoft.sql/servers/databases`, where its URL names one thing of a type."""
        segments = self.url.strip("/").split("/")
        if "providers" not in segments or not segments[-1].startswith("{"):
            return None
        last = len(segments) - 1 - segments[::-1].index("providers")
        return "/".join([segments[last + 1], *segments[last + 2::2]]).lower()


def wheel_operations(path):
    archive = zipfile.ZipFile(path)
    names = [name for name in archive.namelist() if name.endswith(".py") and "/aio/" not in name]
    for name in names:
        parent, _, file = name.rpartition("/operations/")
        if not parent or not file.endswith("operations.py"):
            continue
        sources = functools.partial(folder, archive, parent)
        yield from file_operations(path.name, archive.read(name).decode(), sources)


@functools.cache
def folder(archive, parent):
    return Folder(archive.read(name).decode() for name in archive.namelist()
                  if re.fullmatch(re.escape(parent) + r"/models/_models(_py3)?\.py", name)
                  and (name.endswith("_py3.py") or f"{parent}/models/_models_py3.py" not in archive.namelist()))


def file_operations(wheel, source, folder_of):
    tree, lines = ast.parse(source), source.splitlines()
    builders = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("build_"):
            text = "\n".join(lines[node.lineno - 1:node.end_lineno])
            url = re.search(r'_url = (?:kwargs\.pop\(\s*"template_url",)?\s*\(?\s*((?:"[^"]*"\s*)+)', text)
            version = re.search(r'"api-version",\s*"([^"]+)"', text)
            method = re.search(r'method="(\w+)"', text)
            if url and method:
                whole = "".join(re.findall(r'"([^"]*)"', url[1]))
                builders[words(node.name)] = (method[1], whole, version and version[1])
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or not node.name.endswith("Operations"):
            continue
        group = node.name.removesuffix("Operations")
        for part in node.body:
            if not isinstance(part, ast.FunctionDef) or part.name.startswith("_"):
                continue
            built = builders.get(words(f"build_{group}_{part.name}_request")) or builders.get(words(f"build_{part.name}_request"))
            if built:
                returns = re.search(r"_models\.(\w+)", ast.unparse(part.returns) if part.returns else "")
                yield Operation(wheel, f"{group}_{part.name}", *built, returns and returns[1], folder_of)


class Graph:
    """Microsoft Graph as the wheel of `msgraph-sdk` has it."""

    READS = {"str": "str", "bool": "bool", "int": "int", "float": "float", "enum": "str", "datetime": "str", "date": "str", "time": "str",
             "timedelta": "str", "uuid": "str", "bytes": "str"}

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path)
        self.names = set(self.archive.namelist())

    def answer(self, method, path):
        """The model of an answer, its `value` for a list; None where there is no such path."""
        segments = [("item" if part.startswith("{") else snake(part)) for part in path.strip("/").split("/")]
        name = "/".join(["msgraph/generated", *segments, f"{segments[-1]}_request_builder.py"])
        if name not in self.names:
            return None
        text = self.archive.read(name).decode()
        body = re.search(rf"async def {method.lower()}\(.*?send_async\(request_info, (\w+)", text, re.S)
        if body is None:
            return None
        module = re.search(rf"from [.\w]*?\.(\w+) import {body[1]}\n", text)
        local = "/".join(["msgraph/generated", *segments, f"{module[1]}.py"])
        answer = GraphModel(self, local if local in self.names else f"msgraph/generated/models/{module[1]}.py")
        value = answer.members().get("value")
        return value[1][1] if isinstance(value, tuple) and value[0] == "list" else answer

    def named(self, word):
        """`#microsoft.graph.ipNamedLocation`"""
        file = f"msgraph/generated/models/{snake(word.rpartition('.')[2])}.py"
        return GraphModel(self, file) if file in self.names else None


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class GraphModel:
    def __init__(self, graph, file):
        self.graph, self.file, self.name = graph, file, file.rpartition("/")[2].removesuffix(".py")

    @functools.cache
    def members(self):
        text = self.graph.archive.read(self.file).decode()
        members = {"@odata.type": "str"}
        base = re.search(r"^class \w+\((\w+)", text, re.M)
        parent = base and re.search(rf"^    from \.(\w+) import {base[1]}$|^from \.(\w+) import {base[1]}$", text, re.M)
        if parent:
            members.update(GraphModel(self.graph, f"msgraph/generated/models/{parent[1] or parent[2]}.py").members())
        for name, reader, inner in re.findall(r'"([\w.@]+)": lambda n : setattr\(self, \'\w+\', n\.get_(\w+?)_values?\((\w*)\)\)', text):
            members[name] = self.kind(text, reader, inner)
        return members

    def kind(self, text, reader, inner):
        many = reader.startswith("collection_of_")
        bare = reader.removeprefix("collection_of_")
        if bare in ("object", "object_value"):
            module = re.search(rf"from [.\w]*?\.(\w+) import {inner}\n", text)
            kind = ("model", GraphModel(self.graph, f"msgraph/generated/models/{module[1]}.py")) if module else "any"
        elif bare == "primitive":
            kind = Graph.READS.get(inner.lower(), "str")
        else:
            kind = Graph.READS.get(bare, "str")
        return ("list", kind) if many else kind

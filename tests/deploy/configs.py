#!/usr/bin/env python3
"""Takes evidenced.yaml out of every ConfigMap in rendered files, and prints where each that differs was written.

    configs.py OUT TOKEN_FILE RENDERED…

The token's file, which a Secret brings, becomes TOKEN_FILE.
"""

import sys
from pathlib import Path

import yaml


def main(out: str, token: str, *rendered: str) -> None:
    seen = set()
    for file in rendered:
        documents = yaml.safe_load_all(Path(file).read_text(encoding="utf-8"))
        maps = [document for document in documents if document and document["kind"] == "ConfigMap"]
        if len(maps) != 1:
            sys.exit(f"{file}: {len(maps)} ConfigMaps")
        text = maps[0]["data"]["evidenced.yaml"]
        if text in seen:
            continue
        seen.add(text)
        path = Path(out, Path(file).stem + "-config.yaml")
        path.write_text(text.replace("/run/secrets/evidenced/token", token), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])

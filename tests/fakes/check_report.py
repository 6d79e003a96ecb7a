"""Reads a report's workbook with openpyxl and its tables with Python's own csv, and says what it sees as JSON."""

import csv
import json
import pathlib
import sys

import openpyxl


def main(workbook: str, tables: str) -> None:
    book = openpyxl.load_workbook(workbook)
    criteria = [name for name in book.sheetnames if name[:1] in "ACP" and "." in name]
    formulas = sum(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    folder = pathlib.Path(tables)
    for file in folder.glob("*.csv"):
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.reader(lines))
        sheet = [["" if value is None else str(value) for value in row] for row in book[file.stem].iter_rows(values_only=True)]
        assert len(sheet) == len(rows), f"{file.name}: {len(rows)} rows, and the sheet has {len(sheet)}"
        assert [len(row) for row in rows] == [len(rows[0])] * len(rows), f"{file.name}: rows of different lengths"
    with (folder / "controls.csv").open(newline="", encoding="utf-8") as lines:
        failing = sum(int(row["end_fail"]) for row in csv.DictReader(lines))
    print(json.dumps({"criteria": len(criteria), "formulas": formulas, "failing": failing}))


if __name__ == "__main__":
    main(*sys.argv[1:])

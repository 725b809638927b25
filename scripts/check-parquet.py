#!/usr/bin/env python3
"""Holds Segue's Parquet files to foreign readers, and makes foreign files for Segue to read.

    check-parquet.py read FILE EXPECTED.json    reads FILE with pyarrow, DuckDB, Polars and delta-rs, whole and filtered,
                                                and compares it with EXPECTED.json; exit 1 and one line each difference
    check-parquet.py write FOLDER               writes NAME.parquet with pyarrow, DuckDB and Polars, and what they hold:
                                                flat.json, nested.json for *-nested*, empty.json for *-empty
    check-parquet.py readers                    exit 0 when the readers are installed

EXPECTED.json: {"columns": {NAME: [value or null, …]}, "maps": [NAME, …], "binary": [NAME, …]}. Bytes are given as the UTF-8 they hold, a map as
a list of [key, value]; columns of "binary" are not filtered by. Needs pyarrow, duckdb, polars and deltalake (scripts/requirements.txt).
"""

import json
import math
import os
import pathlib
import shutil
import sys
import tempfile

import deltalake
import duckdb
import polars
import pyarrow
import pyarrow.parquet


def plain(value, is_map=False):
    """The value as JSON has it, whatever the reader makes of it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8")
    if is_map:
        pairs = value.items() if isinstance(value, dict) else value
        pairs = [(pair["key"], pair["value"]) if isinstance(pair, dict) else pair for pair in pairs]
        return [[plain(key), plain(item)] for key, item in pairs]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value]


def columns_of(table):
    return {name: table.column(name).to_pylist() for name in table.column_names}


# --- readers: each gives {column: values} of the file, and counts rows where a column has a value


def read_pyarrow(path):
    return columns_of(pyarrow.parquet.read_table(path, page_checksum_verification=True))


def count_pyarrow(path, column, value):
    return pyarrow.parquet.read_table(path, filters=[(column, "==", value)]).num_rows


def read_duckdb(path):
    return columns_of(duckdb.sql(f"select * from '{path}'").to_arrow_table())


def count_duckdb(path, column, value):
    return duckdb.execute(f"select count(*) from '{path}' where \"{column}\" = ?", [value]).fetchone()[0]


def read_polars(path):
    return {name: values for name, values in polars.read_parquet(path).to_dict(as_series=False).items()}


def count_polars(path, column, value):
    return polars.scan_parquet(path).filter(polars.col(column) == value).collect().height


def delta_query(path, query):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, os.path.join(folder, "part.parquet"))
        deltalake.convert_to_deltalake(folder)
        builder = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(folder))
        return pyarrow.table(builder.execute(query).read_all())


def read_deltalake(path):
    return columns_of(delta_query(path, "select * from t"))


def count_deltalake(path, column, value):
    literal = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
    return delta_query(path, f"select count(*) as n from t where \"{column}\" = {literal}").column("n")[0].as_py()


READERS = {
    "pyarrow": (read_pyarrow, count_pyarrow),
    "duckdb": (read_duckdb, count_duckdb),
    "polars": (read_polars, count_polars),
    "deltalake": (read_deltalake, count_deltalake),
}


def difference(name, expected, actual, is_map):
    if len(expected) != len(actual):
        return f"{name}: {len(actual)} rows, expected {len(expected)}"
    for row, (left, right) in enumerate(zip(expected, actual)):
        right = plain(right, is_map and right is not None)
        if left != right:
            return f"{name}: row {row} is {right!r}, expected {left!r}"
    return None


def samples(values):
    """A few values to filter by: first, middle, last of the texts and whole numbers, and one that is not there."""
    known = [value for value in values if isinstance(value, (str, int)) and not isinstance(value, bool)]
    if not known or any(isinstance(value, (list, dict, float)) for value in values):
        return []
    absent = "no such value" if isinstance(known[0], str) else 1_234_567_891
    return list(dict.fromkeys([known[0], known[len(known) // 2], known[-1], absent]))


def check(path, expected):
    columns, maps = expected["columns"], set(expected.get("maps", []))
    binary = set(expected.get("binary", []))
    problems = []
    for engine, (read, count) in READERS.items():
        try:
            actual = read(path)
        except BaseException as error:  # a reader written in Rust may panic, which is no Exception
            problems.append(f"{engine}: cannot read: {error}")
            continue
        if set(actual) != set(columns):
            problems.append(f"{engine}: columns are {sorted(actual)}, expected {sorted(columns)}")
            continue
        for name, values in columns.items():
            found = difference(name, values, actual[name], name in maps)
            if found:
                problems.append(f"{engine}: {found}")
            if name in binary:
                continue
            for value in samples(values):
                rows = count(path, name, value)
                wanted = sum(1 for other in values if other == value)
                if rows != wanted:
                    problems.append(f"{engine}: {name} = {value!r} finds {rows} rows, expected {wanted}")
    return problems


# --- foreign files


def sample_table(rows):
    def nullable(values, step):
        return [None if row % step == 0 else value for row, value in enumerate(values)]

    index = range(rows)
    return {
        "id": list(index),
        "time": nullable([1_735_689_600_000 + row * 775 for row in index], 13),
        "name": nullable([f"name-{row * row % 97}" for row in index], 7),
        "unique": [f"{row * 2654435761 % 4294967296:x}-{row}" for row in index],
        "flag": nullable([row % 3 == 0 for row in index], 11),
        "ratio": nullable([row / 7 for row in index], 5),
        "small": [row % 100 - 50 for row in index],
        "nothing": [None] * rows,
    }


def arrow_table(rows):
    columns = sample_table(rows)
    fields = [
        ("id", pyarrow.int64()), ("time", pyarrow.int64()), ("name", pyarrow.string()), ("unique", pyarrow.string()),
        ("flag", pyarrow.bool_()), ("ratio", pyarrow.float64()), ("small", pyarrow.int32()), ("nothing", pyarrow.int32()),
    ]
    return pyarrow.table({name: pyarrow.array(columns[name], kind) for name, kind in fields})


def nested_table():
    notes = [[("x", 1), ("y", None)], [], None, [("z", 3)], [("x", 7)]]
    return pyarrow.table({
        "tags": pyarrow.array([["a", None], None, [], ["b"], ["c", "d", "e"]], pyarrow.list_(pyarrow.string())),
        "notes": pyarrow.array(notes, pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        "point": pyarrow.array([{"x": 1, "y": "p"}, None, {"x": None, "y": "q"}, {"x": 4, "y": None}, {"x": 5, "y": "r"}],
                               pyarrow.struct([("x", pyarrow.int32()), ("y", pyarrow.string())])),
        "deep": pyarrow.array([[[1, 2], [], None], None, [], [[3]], [[], [4, 5]]],
                              pyarrow.list_(pyarrow.list_(pyarrow.int32()))),
    })


def write_foreign(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    table = arrow_table(400)
    nested = nested_table()

    def note(name, table):
        (folder / f"{name}.json").write_text(json.dumps({
            "columns": {column: [plain(value, column == "notes" and value is not None) for value in values]
                        for column, values in columns_of(table).items()},
            "maps": ["notes"] if "notes" in table.column_names else []}))

    def by_pyarrow(name, table, **options):
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet", **options)

    note("flat", table)
    note("nested", nested)
    note("empty", table.slice(0, 0))
    by_pyarrow("pyarrow-default", table)
    by_pyarrow("pyarrow-plain-v2-zstd", table, use_dictionary=False, data_page_version="2.0", compression="zstd",
               write_page_index=True, write_page_checksum=True)
    by_pyarrow("pyarrow-dictionary-v2", table, data_page_version="2.0", row_group_size=150, data_page_size=500,
               compression="snappy", write_page_index=True)
    by_pyarrow("pyarrow-gzip", table, compression="gzip", data_page_size=400)
    by_pyarrow("pyarrow-uncompressed", table, compression="none", use_dictionary=["name"], dictionary_pagesize_limit=200,
               data_page_size=200, write_batch_size=50)
    by_pyarrow("pyarrow-delta", table, use_dictionary=False, data_page_version="2.0", column_encoding={
        "id": "DELTA_BINARY_PACKED", "time": "DELTA_BINARY_PACKED", "name": "DELTA_BYTE_ARRAY",
        "unique": "DELTA_LENGTH_BYTE_ARRAY", "ratio": "BYTE_STREAM_SPLIT", "small": "DELTA_BINARY_PACKED"})
    by_pyarrow("pyarrow-nested", nested)
    by_pyarrow("pyarrow-nested-v2", nested, data_page_version="2.0", compression="zstd", use_dictionary=False)
    by_pyarrow("pyarrow-empty", table.slice(0, 0))

    flat = table  # DuckDB finds tables by the names of variables, and `table` is a word of its own
    duckdb.sql(f"copy flat to '{folder}/duckdb-default.parquet' (format parquet)")
    flat = table  # DuckDB finds tables by the names of variables, and `table` is a word of its own
    duckdb.sql(f"copy flat to '{folder}/duckdb-v2-zstd.parquet' "
               "(format parquet, parquet_version v2, compression zstd, row_group_size 2048)")
    duckdb.sql(f"copy nested to '{folder}/duckdb-nested.parquet' (format parquet)")

    frame = polars.from_arrow(table)
    frame.write_parquet(folder / "polars-default.parquet", statistics=True)
    frame.write_parquet(folder / "polars-snappy-pages.parquet", compression="snappy", row_group_size=150,
                        data_page_size=256)


def main():
    words = sys.argv[1:]
    if words == ["readers"]:
        return 0
    if len(words) == 2 and words[0] == "write":
        write_foreign(words[1])
        return 0
    if len(words) == 3 and words[0] == "read":
        problems = check(words[1], json.loads(pathlib.Path(words[2]).read_text()))
        print("\n".join(problems) if problems else f"{words[1]}: equal in {', '.join(READERS)}")
        return 1 if problems else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())

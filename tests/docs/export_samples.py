"""What programs write when they export two rows: one with quotes, a comma and an umlaut, one without a text."""

import gzip
import json
from typing import Any

from tests.handlers.importer.reading.test_decompression import zstd

TEXT = 'Zoë "Z", x'
QUOTED = '1,"Zoë ""Z"", x"'
BACKSLASHED = '"Zoë \\"Z\\", x"'
STORED: list[dict[str, Any]] = [{"id": {"S": "1"}, "name": {"S": TEXT}}, {"id": {"S": "2"}}]
OBJECTS = [{"id": "1", "name": TEXT}, {"id": "2"}]
TABBED = f"1\t{TEXT}\n2\t\\N\n"


def lines(objects: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in objects)


SAMPLES: dict[str, bytes] = {
    "Excel, CSV UTF-8": f"id,name\r\n{QUOTED}\r\n2,\r\n".encode("utf-8-sig"),
    "Excel where lists have semicolons, CSV UTF-8": 'id;name\r\n1;"Zoë ""Z"", x"\r\n2;\r\n'.encode("utf-8-sig"),
    "Excel for Windows in Western Europe, CSV": 'id;name\r\n1;"Zoë ""Z"", x"\r\n2;\r\n'.encode("cp1252"),
    "Excel, Unicode Text": 'id\tname\r\n1\t"Zoë ""Z"", x"\r\n2\t\r\n'.encode("utf-16"),
    "MySQL, SELECT INTO OUTFILE; mysqldump --tab; MySQL Shell": TABBED.encode(),
    "MySQL, SELECT INTO OUTFILE with commas and enclosed by quotes": f'"1",{BACKSLASHED}\n"2",\\N\n'.encode(),
    "MySQL, mysql --batch": f"id\tname\n1\t{TEXT}\n2\tNULL\n".encode(),
    "PostgreSQL, COPY WITH (FORMAT csv, HEADER)": f"id,name\n{QUOTED}\n2,\n".encode(),
    "PostgreSQL, COPY": TABBED.encode(),
    "pandas, to_csv(index=False)": f"id,name\n{QUOTED}\n2,\n".encode(),
    "pandas, to_csv()": gzip.compress(f",id,name\n0,{QUOTED}\n1,2,\n".encode()),
    'pandas, to_json(orient="records")': json.dumps([OBJECTS[0], {"id": "2", "name": None}]).encode(),
    'pandas, to_json(orient="table")': json.dumps(
        {
            "schema": {"fields": [{"name": "index", "type": "integer"}], "primaryKey": ["index"]},
            "data": [{"index": 0, **OBJECTS[0]}, {"index": 1, "id": "2", "name": None}],
        }
    ).encode(),
    "Spark, write.csv with a header": f"id,name\n1,{BACKSLASHED}\n2,\n".encode(),
    "Spark, write.csv": f"1,{BACKSLASHED}\n2,\n".encode(),
    "Spark, write.json": lines(OBJECTS).encode(),
    "Redshift, UNLOAD": f"1|{TEXT}\n2|\n".encode(),
    "Redshift, UNLOAD ESCAPE NULL AS '\\N'": f"1|{TEXT}\n2|\\N\n".encode(),
    "Redshift, UNLOAD CSV HEADER GZIP": gzip.compress(f"id,name\n{QUOTED}\n2,\n".encode()),
    "Redshift, UNLOAD JSON ZSTD": zstd.compress(lines(OBJECTS).encode()),
    "Athena, results of a query": '"id","name"\n"1","Zoë ""Z"", x"\n"2",\n'.encode(),
    "Athena, UNLOAD as TEXTFILE": gzip.compress(f"1\x01{TEXT}\n2\x01\\N\n".encode()),
    "Athena, UNLOAD as JSON": gzip.compress(lines(OBJECTS).encode()),
    "Glue, JSON": lines(OBJECTS).encode(),
    "Glue, CSV": '"id","name"\n"1","Zoë ""Z"", x"\n"2",\n'.encode(),
    "Firehose": lines(OBJECTS).replace("\n", "").encode(),
    "Firehose, GZIP": gzip.compress(lines(OBJECTS).replace("\n", "").encode()),
    "DynamoDB, full export": gzip.compress(lines([{"Item": item} for item in STORED]).encode()),
    "DynamoDB, incremental export": gzip.compress(
        lines(
            [
                *(
                    {
                        "Metadata": {"WriteTimestampMicros": {"N": "1764238500000000"}},
                        "Keys": {"id": item["id"]},
                        "NewImage": item,
                    }
                    for item in STORED
                ),
                {"Metadata": {"WriteTimestampMicros": {"N": "1764238500000001"}}, "Keys": {"id": {"S": "3"}}},
            ]
        ).encode()
    ),
    "DynamoDB, aws dynamodb scan or query": json.dumps(
        {"Items": STORED, "Count": 2, "ScannedCount": 2, "ConsumedCapacity": None}, indent=4
    ).encode(),
    "DynamoDB JSON without `Item`": lines(STORED).encode(),
}
"""By the name that the page's table gives to what was exported."""
MORE: dict[str, list[dict[str, Any]]] = {
    "pandas, to_csv()": [{"column_1": {"S": "0"}}, {"column_1": {"S": "1"}}],
    'pandas, to_json(orient="records")': [{}, {"name": {"NULL": True}}],
    'pandas, to_json(orient="table")': [{"index": {"N": "0"}}, {"index": {"N": "1"}, "name": {"NULL": True}}],
}
"""What the items of some have besides."""
SKIPPED = {"DynamoDB, incremental export": 1}

#!/usr/bin/env python3
"""Trains the model on Spark: MLlib's implicit ALS over the very files of a version of the lake.

    segue lake files --version 812 --json > files.json
    spark-submit train_als.py --lake s3a://datalake/raw/logs --files files.json --now 2026-03-31 --out s3a://datalake/factors/812
    segue publish --factors DIR --lake-version 812 --now 2026-03-31

Reads the Parquet files of that list (no Delta package is needed), weighs listens as `segue train` does (docs/training.md), and
writes float vectors as Parquet: OUT/measured/{users,items} of all days but the held-out ones, which `segue publish` measures, and
OUT/final/{users,items} of all days, which it publishes. Columns: id (string), features (array of float).

MLlib multiplies the regularisation of a row by its number of ratings above zero; ours does not, so the same number means another
strength.
"""

import argparse
import datetime
import json

from pyspark.ml.feature import StringIndexer
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from pyspark.sql import functions as f


def arguments() -> argparse.Namespace:
    """The command line; defaults are those of `segue train`, but for the regularisation (see above)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", required=True, help="folder or address of the lake: what the files' keys are relative to")
    parser.add_argument("--files", required=True, help="what `segue lake files --version N --json` printed")
    parser.add_argument("--out", required=True, help="folder or address to write factors to")
    parser.add_argument("--now", required=True, type=datetime.date.fromisoformat, help="last day of the window, YYYY-MM-DD")
    parser.add_argument("--window-days", type=int, default=90)
    parser.add_argument("--held-out-days", type=int, default=7)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--iterations", type=int, default=15)
    parser.add_argument("--regularization", type=float, default=0.01)
    parser.add_argument("--alpha", type=float, default=5.0)
    parser.add_argument("--skip-weight", type=float, default=-0.25)
    parser.add_argument("--minimum-listen", type=float, default=0.1)
    parser.add_argument("--half-life-days", type=float, default=45.0)
    parser.add_argument("--confidence-exponent", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def window_files(options: argparse.Namespace) -> dict[str, list[str]]:
    """Paths of the window's files by day."""
    with open(options.files, encoding="utf-8") as text:
        files = json.load(text)["files"]
    first = options.now - datetime.timedelta(days=options.window_days - 1)
    days: dict[str, list[str]] = {}
    for file in files:
        if first.isoformat() <= file["day"] <= options.now.isoformat() and file.get("rows") != 0:
            days.setdefault(file["day"], []).append(f"{options.lake.rstrip('/')}/{file['key']}")
    if not days:
        raise SystemExit(f"train_als: no events between {first} and {options.now} in the {len(files)} files of {options.files}")
    return days


def held_out_from(days: dict[str, list[str]], wanted: int) -> datetime.date | None:
    """First held-out day: the last days, at most a fifth of what there is; None when that is less than a day."""
    first, last = (datetime.date.fromisoformat(day) for day in (min(days), max(days)))
    span = (last - first).days + 1
    count = min(wanted, span // 5 if span >= 5 else int(span > 1))
    return last - datetime.timedelta(days=count - 1) if count else None


def read_weights(spark: SparkSession, days: dict[str, list[str]], options: argparse.Namespace):
    """user_id, track_id, day and what that day's events add: the weight of each, halved every half-life."""
    events = spark.read.parquet(*sorted(path for paths in days.values() for path in paths))
    heard = f.col("duration") / f.col("total_duration")
    weight = (
        f.when(f.col("action") == "complete", 1.0)
        .when(f.col("action") == "skip", options.skip_weight)
        .when((f.col("action") == "listen") & (f.col("total_duration") > 0),
              f.greatest(f.lit(options.minimum_listen), f.least(f.lit(1.0), heard)))
        .when(f.col("action") == "listen", 0.5))
    day = f.to_date(f.timestamp_millis(f.col("timestamp")))
    age = f.datediff(f.lit(options.now.isoformat()).cast("date"), day)
    recency = f.pow(f.lit(2.0), -age / options.half_life_days) if options.half_life_days > 0 else f.lit(1.0)
    return events.select("user_id", "track_id", day.alias("day"), (weight * recency).alias("weight")).where("weight is not null")


def confidences(weights, options: argparse.Namespace, until: datetime.date | None):
    """One rating a pair: the sum of the days before `until`, as fresh on its eve as all of it is today, to the exponent."""
    factor = 1.0
    if until is not None:
        weights = weights.where(f.col("day") < f.lit(until.isoformat()).cast("date"))
        if options.half_life_days > 0:
            factor = 2.0 ** (((options.now - until).days + 1) / options.half_life_days)
    sums = weights.groupBy("user_id", "track_id").agg((f.sum("weight") * factor).alias("sum"))
    rating = f.signum("sum") * f.pow(f.abs("sum"), options.confidence_exponent)
    return sums.where(f.col("sum") != 0).select("user_id", "track_id", rating.cast("float").alias("rating"))


def train(ratings, options: argparse.Namespace, out: str) -> None:
    """Fits MLlib's ALS and writes both sides."""
    indexers = [StringIndexer(inputCol=f"{side}_id", outputCol=side, stringOrderType="frequencyDesc").fit(ratings)
                for side in ("user", "track")]
    for indexer in indexers:
        ratings = indexer.transform(ratings)
    als = ALS(
        rank=options.factors, maxIter=options.iterations, regParam=options.regularization, alpha=options.alpha,
        implicitPrefs=True, seed=options.seed, userCol="user", itemCol="track", ratingCol="rating",
        intermediateStorageLevel="MEMORY_AND_DISK")
    typed = ratings.select(f.col("user").cast("int"), f.col("track").cast("int"), "rating")
    model = als.fit(typed)
    spark = ratings.sparkSession
    for name, factors, indexer in (("users", model.userFactors, indexers[0]), ("items", model.itemFactors, indexers[1])):
        ids = spark.createDataFrame(enumerate(indexer.labels), "number int, name string")
        factors.join(ids, factors.id == ids.number).select(f.col("name").alias("id"), "features") \
            .write.mode("overwrite").parquet(f"{out}/{name}")


def main() -> None:
    options = arguments()
    days = window_files(options)
    spark = SparkSession.builder.appName("segue-train-als").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    weights = read_weights(spark, days, options).cache()
    if weights.isEmpty():
        raise SystemExit("train_als: the window's files hold no listen, skip or complete")
    held_out = held_out_from(days, options.held_out_days)
    if held_out is not None:
        train(confidences(weights, options, held_out), options, f"{options.out.rstrip('/')}/measured")
    train(confidences(weights, options, None), options, f"{options.out.rstrip('/')}/final")
    spark.stop()


if __name__ == "__main__":
    main()

"""Apache Kafka's jars from the Maven repository, kept in an ignored cache of the checkout."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from tools.kafka.probe import BrokerUnavailable

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[2] / ".cache" / "kafka"
OLDEST_JAVA = 17
DOWNLOAD_SECONDS = 900


def kafka_version() -> str:
    """The version the pom pins; the container image takes the same."""
    pom = ElementTree.parse(POM)  # noqa: S314  our own file
    version = pom.findtext(".//{*}kafka.version")
    assert version, f"{POM} names no kafka.version"
    return version


def find_java() -> str:
    """A `java` of at least version 17; raises BrokerUnavailable."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        raise BrokerUnavailable("no java found")
    asked = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    found = re.search(r'version "(\d+)', asked.stderr + asked.stdout)
    if asked.returncode != 0 or found is None:
        raise BrokerUnavailable(f"{java} does not run")
    if int(found[1]) < OLDEST_JAVA:
        raise BrokerUnavailable(f"Java {OLDEST_JAVA} or newer is needed, {java} is {found[1]}")
    return java


def fetch_jars() -> Path:
    """The folder with the broker's jars, downloaded (about 45 MB) when it is not there yet."""
    jars = CACHE / kafka_version() / "jars"
    if not jars.is_dir():
        _download(jars)
    return jars


def _download(jars: Path) -> None:
    """Fetch beside the place and rename when complete, so an interrupted download is never taken for jars."""
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerUnavailable("no Maven (mvn) found to fetch Apache Kafka with")
    print(f"fetching Apache Kafka {kafka_version()} with Maven ...", file=sys.stderr, flush=True)
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="incomplete-", dir=jars.parent) as scratch:
        complete = Path(scratch) / "jars"
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={complete}"]
        try:
            fetched = subprocess.run(
                [maven, "-q", "-B", "-f", str(POM), *goal],
                capture_output=True,
                text=True,
                timeout=DOWNLOAD_SECONDS,
            )
        except subprocess.TimeoutExpired as late:
            raise BrokerUnavailable(f"Maven did not finish within {DOWNLOAD_SECONDS} s") from late
        if fetched.returncode != 0:
            first = next((line for line in fetched.stdout.splitlines() if "ERROR" in line), "")  # the rest is help
            raise BrokerUnavailable(f"Maven could not fetch Apache Kafka: {first[:300]}")
        try:
            complete.rename(jars)
        except OSError:
            if not jars.is_dir():  # else another process was faster, with the same jars
                raise

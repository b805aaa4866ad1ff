"""A real Spark for tests: its Thrift server over two executors, below a temporary folder, ended whatever happens."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_NEEDS_JAVA = 17
_STARTS_WITHIN = 180.0
"""Seconds; 20 to 30 on an idle machine."""
_ENDS_WITHIN = 20.0
_HELD = '("$@" < /dev/null; kill -KILL 0) & cat > /dev/null; kill -KILL 0'
"""Server and executors end with whoever holds the other end of this shell's input, however that ends."""
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""A short life: neither a collector's threads nor the slow compiler pay off."""


class SparkMissingError(Exception):
    """This machine has no Java that Spark runs on, or no Spark."""


@contextmanager
def running(folder: Path) -> Iterator[Mapping[str, object]]:
    """A Thrift server; yields the fields of a dbt profile's output. Logs and tables lie in the folder."""
    home = _home()
    _check_java()
    port = _free_port()
    log = folder / "spark.log"
    with log.open("wb") as told:
        server = subprocess.Popen(
            ["sh", "-c", _HELD, "spark", *_command(home, folder, port)],
            cwd=folder,  # the metastore of an embedded server is made where it starts
            env=_environment(home, folder),
            stdout=told,
            stderr=subprocess.STDOUT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
    try:
        _wait(server, log)
        yield {"type": "spark", "method": "thrift", "host": "127.0.0.1", "port": port, "schema": "default"}
    finally:
        _end(server)


def _home() -> Path:
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        raise SparkMissingError("pyspark is not installed")
    return Path(found.origin).parent


def _check_java() -> None:
    java = Path(os.environ["JAVA_HOME"]) / "bin" / "java" if os.environ.get("JAVA_HOME") else shutil.which("java")
    if java is None or not Path(java).is_file():
        raise SparkMissingError(f"there is no Java {_NEEDS_JAVA} (apt-get install openjdk-17-jre-headless)")
    told = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < _NEEDS_JAVA:
        raise SparkMissingError(f"Spark needs Java {_NEEDS_JAVA} or later; here is {told.splitlines()[:1]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(home: Path, folder: Path, port: int) -> list[str]:
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": f"{_JVM} -Dderby.system.home={folder} -Djava.io.tmpdir={folder}",
        "spark.executor.extraJavaOptions": f"{_JVM} -Djava.io.tmpdir={folder}",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.sql.shuffle.partitions": "2",
        # Rows that stand in a view as constants are counted by the executors, as a table's are, not by the planner.
        "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
        # Plans are planned once and not written out for a page that nobody opens: a quarter of the time.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.maxPlanStringLength": "200",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
    }
    told = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    return [
        str(home / "bin" / "spark-submit"), "--master", "local-cluster[2,1,1024]", *told,
        "--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "spark-internal",
        "--hiveconf", f"hive.server2.thrift.port={port}",
        "--hiveconf", "hive.server2.thrift.bind.host=127.0.0.1",
    ]  # fmt: skip


def _environment(home: Path, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    for name in ("work", "local", "conf"):
        (folder / name).mkdir(exist_ok=True)
    return kept | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_LOCAL_DIRS": str(folder / "local"),
    }


def _wait(server: subprocess.Popen[bytes], log: Path) -> None:
    """Until it says that it has started: its port opens before it can answer."""
    until = time.monotonic() + _STARTS_WITHIN
    while "HiveThriftServer2 started" not in log.read_text(errors="replace"):
        if server.poll() is not None or time.monotonic() > until:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise RuntimeError(f"Spark's Thrift server did not start:\n{last}")
        time.sleep(0.25)


def _end(server: subprocess.Popen[bytes]) -> None:
    """All that it holds is below a temporary folder: nothing is lost by ending it at once."""
    if server.stdin is not None:
        server.stdin.close()
    server.wait(_ENDS_WITHIN)

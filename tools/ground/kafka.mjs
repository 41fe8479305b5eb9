// A real Kafka broker for the tests: its jars through Maven, pinned. Plain Node 20.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const VERSION = "4.3.1";

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.grantline</groupId><artifactId>ground-kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** The folder of jars, undefined when there is no Java or Maven to bring them with. */
export function bringKafka(cache) {
  const lib = join(cache, `kafka-${VERSION}`, "lib");
  if (!works("java", "-version")) return undefined;
  if (existsSync(lib) && readdirSync(lib).some((name) => name.startsWith("kafka_2.13"))) return lib;
  if (!works("mvn", "-v")) return undefined;
  process.stderr.write("grantline: bringing Kafka for the feed tests (about half a minute) …\n");
  const work = join(cache, `kafka-${VERSION}.${process.pid}`);
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, "pom.xml"), POM);
  const args = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${join(work, "lib")}`, "-DincludeScope=runtime"];
  const { status } = spawnSync("mvn", args, { cwd: work, stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 });
  // Moved in one go, so that a broken-off download is never taken for a whole one
  if (status === 0 && !existsSync(join(cache, `kafka-${VERSION}`))) renameSync(work, join(cache, `kafka-${VERSION}`));
  else rmSync(work, { recursive: true, force: true });
  return existsSync(lib) ? lib : undefined;
}

function works(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

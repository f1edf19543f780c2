#!/usr/bin/env bash
# Installs what is missing where it may, builds, runs every test project and checks the package.
# The last line is "N passed, N failed", and ", N skipped" where tests were skipped; the exit code is 0 when nothing failed.
#
#   CI=true ./test.sh    what test.sh can install must be there: a missing prerequisite is a failure, not a skip
#   ./test.sh --soak     instead of all that: the same faults many times, their figures to benchmarks/results/failover.md
#   RR_TEST_TIMEOUT=N    seconds after which a test project is ended and counts as failed (default 2700)
#
# A check that is no test (build, style, package, samples) counts as a failure when it fails, and not as passed otherwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[ "${1:-}" != --soak ] || exec .ci/soak
source .ci/prerequisites.sh

passed=0
failed=0
skipped=0
failures=()
done=no
samples_cluster=

step() { say "== $*"; }

fail() {
  failed=$((failed + 1))
  failures+=("$1")
  say "FAILED: $1"
}

finish() {
  local code=$?
  trap - EXIT
  if [ -n "$samples_cluster" ]; then
    kill "$samples_cluster" 2>/dev/null || true
    wait "$samples_cluster" 2>/dev/null || true
  fi
  [ "$done" = yes ] || fail "test.sh itself ended early (exit code $code)"
  local failure
  for failure in ${failures[@]+"${failures[@]}"}; do
    say "failed: $failure"
  done
  local line="$passed passed, $failed failed"
  [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
  printf '%s\n' "$line"
  [ "$failed" -eq 0 ] || exit 1
  exit 0
}
trap finish EXIT
trap 'exit 130' INT TERM

end() { done=yes; exit 0; }

# A socket file alone is no engine.
container_engine_answers() {
  if has_command docker; then
    timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
  else
    [ -S /var/run/docker.sock ] && has_command curl && timeout 10 curl -fsS --unix-socket /var/run/docker.sock http://localhost/_ping >/dev/null 2>&1
  fi
}

restore() { dotnet restore Messaging.sln -v quiet -p:WithTestcontainers="$1"; }

# Adds up the counts of one result file; false when it holds none.
add_counts() {
  local file=$1 element counts=()
  [ -s "$file" ] || return 1
  element=$(grep -o '<assembly [^>]*>' "$file" | head -n 1) || return 1
  local name value
  for name in total passed failed skipped errors; do
    value=$(sed -n "s/.* $name=\"\([0-9]*\)\".*/\1/p" <<<"$element")
    [ -n "$value" ] || return 1
    counts+=("$value")
  done
  [ "${counts[0]}" -gt 0 ] || return 1
  passed=$((passed + counts[1]))
  failed=$((failed + counts[2] + counts[4]))
  skipped=$((skipped + counts[3]))
  bad=$((counts[2] + counts[4]))
}

run_tests() {
  local project=$1 name results bad=0 code=0
  name=$(basename "$project" .csproj)
  results=artifacts/results/$name.xml
  step "$name"
  rm -f "$results"
  # The copy is for the scanner: what a test prints counts as seen.
  timeout --foreground --kill-after=30 "${RR_TEST_TIMEOUT:-2700}" \
    dotnet "artifacts/bin/$name/release/$name.dll" -noLogo -noColor -xml "$results" 2>&1 | tee "artifacts/results/$name.log" || code=$?
  if [ "$code" -eq 124 ] || [ "$code" -eq 137 ]; then
    fail "$name did not end in time"
  elif ! add_counts "$results"; then
    fail "$name left no results (exit code $code)"
  elif [ "$bad" -gt 0 ]; then
    failures+=("$name: $bad")
  elif [ "$code" -ne 0 ]; then
    fail "$name ended with exit code $code"
  fi
}

check_package() {
  local project=$1 name folder package
  name=$(basename "$project" .csproj)
  folder=artifacts/package/release
  step "Package $name"
  rm -f "$folder/$name".[0-9]*.*nupkg
  if ! dotnet pack "$project" -c Release --no-build -v quiet -p:WithTestcontainers="$containers"; then
    fail "$name cannot be packed"
    return 0
  fi
  package=$(compgen -G "$folder/$name.[0-9]*.nupkg" | head -n 1) || true
  if [ -z "$package" ]; then
    fail "$name has no package"
    return 0
  fi
  # The names of the files stand uncompressed in the package.
  grep -aq 'README\.md' "$package" || fail "$name: the package has no README.md"
  grep -aq "lib/net10\.0/$name\.xml" "$package" || fail "$name: the package has no documentation of its API"
  grep -aq 'icon\.png' "$package" || fail "$name: the package has no icon"
  [ "$name" != ResilientRabbit ] || grep -aq 'docs/troubleshooting\.md' "$package" || fail "$name: the package has no page that help links lead to"
  grep -q '<license type="expression">MIT</license>' "artifacts/obj/$name/Release/$name".*.nuspec || fail "$name: the package does not say its license"
  [ -s "${package%.nupkg}.snupkg" ] || fail "$name: there is no symbol package"
}

# The small samples against a real cluster, with what their page says.
check_samples() {
  local output=artifacts/results/samples address= end
  step "Samples"
  RR_CLUSTER_DRIVER=local dotnet artifacts/bin/FailoverDemo/release/FailoverDemo.dll --cluster-only >"$output-cluster.log" 2>&1 &
  samples_cluster=$!
  end=$((SECONDS + 120))
  while [ -z "$address" ] && [ $SECONDS -lt $end ] && kill -0 "$samples_cluster" 2>/dev/null; do
    sleep 0.5
    address=$(sed -n 's/.*nodes: //p' "$output-cluster.log")
  done
  if [ -z "$address" ]; then
    cat "$output-cluster.log" >&2
    fail "samples: no node to run them against"
  else
    run_sample Producer --endpoints "$address" --rate 1000 --count 500
    run_sample Consumer --endpoints "$address" --count 500
    run_sample Producer --endpoints "$address" --rate 1000 --count 500
    run_sample SiteBridge --near "$address" --far "$address" --count 500
    run_sample Consumer --endpoints "$address" --queue demo.far --count 500
    run_native_sample Producer --endpoints "$address" --rate 1000 --count 500
    run_native_sample Consumer --endpoints "$address" --count 500
    [ "$openstack" = no ] || run_sample Producer --explain-config artifacts/openstack/usr/share/nova-common/nova.conf
  fi
  kill "$samples_cluster" 2>/dev/null || true
  wait "$samples_cluster" 2>/dev/null || true
  samples_cluster=
}

# The demo without RabbitMQ, with its pictures.
check_demo() {
  local pictures=artifacts/results/pictures picture
  step "Demo"
  rm -rf "$pictures"
  run_sample FailoverDemo --embedded --pictures "$pictures"
  for picture in failover-timeline failover-trace; do
    grep -q '</svg>' "$pictures/$picture.svg" || fail "the demo has not drawn $picture.svg"
  done
}

run_sample() { run_program "$1" "$1" dotnet "artifacts/bin/$1/release/$1.dll" "${@:2}"; }

run_program() {
  local name=$1 log=artifacts/results/$2.log
  if ! timeout --kill-after=10 60 "${@:3}" >"$log" 2>&1; then
    cat "$log" >&2
    fail "sample $name"
  fi
}

# The same sample compiled ahead of time, trimmed: a warning of either is an error. Needs a C compiler as linker, and the SDK's native compiler from the package source.
run_native_sample() {
  local name=$1 publish=(samples/"$1" --use-current-runtime -p:PublishAot=true -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -v quiet --artifacts-path artifacts/native)
  if [ "$native" = no ] || ! dotnet restore "${publish[@]}" >"artifacts/results/$name-native.log" 2>&1; then
    native=no
    say "Not checked: $name as native code (no C compiler, or no native compiler in the package source)."
    return 0
  fi
  if ! dotnet publish "${publish[@]}" -c Release --no-restore -warnaserror -o "artifacts/native/out/$name" >"artifacts/results/$name-native.log" 2>&1; then
    cat "artifacts/results/$name-native.log" >&2
    fail "$name as native code does not build"
    return 0
  fi
  run_program "$name as native code" "$name-native" "artifacts/native/out/$name/$name" "${@:2}"
}

if ! ensure_dotnet; then
  fail "no .NET SDK"
  end
fi

mkdir -p artifacts/results
clusters=yes
if ! ensure_packages rabbitmq-server haproxy keepalived procps iproute2; then
  clusters=no
  if [ "${CI:-}" = true ]; then
    fail "prerequisites are missing"
  else
    say "Tests that need them are skipped."
  fi
fi

# For the tests against OpenStack's own library and files.
openstack=yes
ensure_packages crudini python3-oslo.messaging || openstack=no
unpack_openstack_files "$PWD/artifacts/openstack" || openstack=no
if [ "$openstack" = no ]; then
  if [ "${CI:-}" = true ]; then
    fail "prerequisites of the OpenStack tests are missing"
  else
    say "The tests against OpenStack's library are skipped."
  fi
fi

native=yes
ensure_packages gcc libc6-dev || native=no

containers=false
if container_engine_answers && restore true; then
  containers=true
elif ! restore false; then
  fail "restore"
  end
fi

step "Build (Testcontainers: $containers)"
if ! dotnet build Messaging.sln -c Release --no-restore -v quiet -warnaserror -warnnotaserror:NU1900 -p:WithTestcontainers="$containers"; then
  fail "build"
  end
fi

for project in tests/*Tests/*.csproj; do
  case $project in *.ClusterTests.csproj) ;; *) run_tests "$project" ;; esac
done
for project in tests/*.ClusterTests/*.csproj; do
  run_tests "$project"
done

check_demo
[ "$clusters" = no ] || check_samples

step "Secrets in the output of the tests"
# Reports that tests write beside their programs are output, too.
find artifacts/bin -path '*Tests/release/*' \( -name '*report*.txt' -o -name '*.log' \) -exec cp --backup=numbered {} artifacts/results/ \;
.ci/scan-secrets.sh artifacts/results || fail "a secret of the tests is in their output"

for project in src/*/*.csproj; do
  check_package "$project"
done

# The test that wrote it has failed and is counted already.
received=$(find src tests samples -name '*.received.txt')
if [ -n "$received" ] && [ "$failed" -eq 0 ]; then
  fail "not approved: $received"
fi

end

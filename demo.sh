#!/usr/bin/env bash
# Shows the failover: starts a real cluster of three mirrored RabbitMQ nodes and HAProxy on this machine, publishes and
# consumes through the SDK while two nodes are killed with SIGKILL and come back, and counts what was confirmed and received.
#
#   ./demo.sh                      the client knows all nodes
#   ./demo.sh --through haproxy    the client knows only HAProxy
#   ./demo.sh --sabotage           one received message is thrown away, so that exit code 1 is shown
#   ./demo.sh --embedded           an in-process broker instead of RabbitMQ: needs nothing but the .NET SDK
#   ./demo.sh --pictures DIR     also draws the run and the trace of a message that was sent again
#   ./demo.sh --cluster-only       starts only the cluster and prints its addresses, for trying the other samples
#
# Exit code: 0 nothing lost, 1 a confirmed message is missing, 2 the demo could not be run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source .ci/prerequisites.sh

ensure_dotnet || exit 2
case " $* " in
  *" --embedded "*) ;;
  *" --through haproxy "* | *" --cluster-only "*) ensure_packages rabbitmq-server haproxy procps || exit 2 ;;
  *)
    if ! ensure_packages rabbitmq-server haproxy procps; then
      say "No RabbitMQ here: the demo goes on with the in-process broker (--embedded)."
      set -- "$@" --embedded
    fi
    ;;
esac

say "Building the demo ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# What keeps the code in style is the tests' business.
if ! dotnet build samples/FailoverDemo -c Release --nologo -v quiet -clp:NoSummary \
  -p:WithTestcontainers=false -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false >"$log" 2>&1; then
  cat "$log" >&2
  say "The demo does not build."
  exit 2
fi
rm -f "$log"
trap - EXIT

# In the place of this shell, so that a signal reaches the demo itself. It stops what it has started, and the nodes
# hang on a pipe that it holds: they end with it even when it is killed.
export RR_CLUSTER_DRIVER=local
exec dotnet artifacts/bin/FailoverDemo/release/FailoverDemo.dll "$@"

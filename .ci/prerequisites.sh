# Sourced by demo.sh and test.sh: finds what they need on this machine, and installs it where that is allowed.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

# The command, also where not every user's PATH looks.
has_command() { PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin" command -v "$1" >/dev/null 2>&1; }

has_rabbitmq() {
  [ -n "${RR_RABBITMQ_HOME:-}" ] && [ -e "$RR_RABBITMQ_HOME/sbin/rabbitmq-server" ] && return 0
  compgen -G '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server' >/dev/null || [ -e /usr/lib/rabbitmq/bin/rabbitmq-server ]
}

# The Debian packages among the arguments that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    case $package in
      rabbitmq-server) has_rabbitmq ;;
      procps) has_command ps ;;
      iproute2) has_command ip ;;
      libc6-dev) compgen -G '/usr/lib/*/crt1.o' >/dev/null ;;
      python3-oslo.messaging) [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import oslo_messaging' 2>/dev/null ;;
      *) has_command "$package" ;;
    esac || printf '%s ' "$package"
  done
}

# In a subshell, so that the guard is taken away again whatever happens.
# A policy of the machine's own is left alone; it decides then, and RUNLEVEL=1 still asks for no start.
install_without_starting() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"
)

# Makes sure of the packages; says what is missing and returns 1 where it may not or cannot install them.
ensure_packages() {
  local missing log
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! has_command apt-get; then
    say "Missing: $missing"
    say "This needs the Debian or Ubuntu packages $missing(RabbitMQ 3.x). Install them as root:  apt-get install $missing"
    say "Or run this script as root on Debian or Ubuntu: it installs them itself and starts no service."
    return 1
  fi
  say "Installing $missing(no service is started) ..."
  log=$(mktemp)
  # The names are split on purpose.
  # shellcheck disable=SC2086
  if ! install_without_starting $missing >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    say "The packages could not be installed; see above."
    return 1
  fi
  rm -f "$log"
  missing=$(missing_packages "$@")
  [ -z "$missing" ] || { say "Still missing after the installation: $missing"; return 1; }
}

# Unpacks the configuration files that OpenStack's services are shipped with into a folder; their packages are not installed.
unpack_openstack_files() (
  target=$1
  packages=(nova-common neutron-common glance-common cinder-common ceilometer-common)
  [ ! -e "$target/usr/share/${packages[-1]}" ] || return 0
  has_command apt-get && has_command dpkg-deb || { say "Missing: the files of ${packages[*]} (Debian or Ubuntu packages)."; return 1; }
  mkdir -p "$target"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  say "Fetching the configuration files of OpenStack's services ..."
  if ! apt-get download -qq "${packages[@]}" >log 2>&1; then
    { apt-get update -qq && apt-get download -qq "${packages[@]}"; } >log 2>&1 || { cat log >&2; return 1; }
  fi
  for package in *.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$target" --wildcards './usr/share/*/*.conf'
  done
)

ensure_dotnet() {
  local wanted
  wanted=$(sed -n 's/.*"version": *"\([0-9]*\)\..*/\1/p' global.json)
  if ! command -v dotnet >/dev/null 2>&1; then
    say "The .NET SDK $wanted is needed and 'dotnet' is not in the PATH: https://dotnet.microsoft.com/download"
    return 1
  fi
  # In this folder, dotnet looks for the version that global.json wants.
  local answer
  if ! answer=$(dotnet --version 2>&1); then
    say "The .NET SDK $wanted is needed, and 'dotnet --version' fails: $answer"
    return 1
  fi
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
  # No build server stays behind.
  export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0
}

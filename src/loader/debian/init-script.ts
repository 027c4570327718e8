// The /init of the Debian test guest: markers on the console, kernel self-tests, facts about time, power off.

/** Lines that the guest prints on its console, in the order of a run. */
export const GUEST_MARKERS = {
  boot: 'CHRONOVISOR-BOOT-OK',
  ready: 'CHRONOVISOR-READY',
  done: 'CHRONOVISOR-DONE',
} as const;

/**
 * The script, run by busybox ash. It reads these words from the kernel command line:
 * `cv.run="commands"` runs them before the facts, `cv.quiet` leaves the facts out, `cv.nomodules` loads no module,
 * `cv.shell` starts a shell on the console in place of all that follows the modules.
 * `/etc/cv.sh` is run where there is no `cv.run`.
 */
export const INIT_SCRIPT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ TERM=vt100
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
# Only warnings may mix with this script's own lines.
dmesg -n 4
echo ${GUEST_MARKERS.boot}

cmdline=$(cat /proc/cmdline)
has() { case " $cmdline " in *" $1 "*) return 0 ;; esac; return 1; }

show() { echo "== $1"; shift; "$@" 2>&1; }

# Drivers of devices that there are: on the PCI bus, by the device tree, by ACPI.
load_drivers() {
  set -- /sys/bus/pci/devices/* /sys/bus/platform/devices/*virtio_mmio /sys/bus/platform/devices/LNRO0005:*
  for device; do
    [ -e "$device" ] || continue
    for name in $(cat /etc/drivers); do modprobe -q "$name"; done
    return
  done
}

load_modules() {
  loaded=; absent=
  for name in $(cat /etc/modules); do
    if modprobe -q "$name" 2>/dev/null; then loaded="$loaded $name"; else absent="$absent $name"; fi
  done
  echo "modules loaded:$loaded"
  [ -z "$absent" ] || echo "modules this CPU cannot use:$absent"
  echo "crypto self-tests: $(grep -c '^selftest.*: passed' /proc/crypto) passed," \\
    "$(grep '^selftest' /proc/crypto | grep -vc ': passed') not"
}

run_request() {
  command=
  case "$cmdline" in
    *cv.run=\\"*) command=\${cmdline#*cv.run=\\"}; command=\${command%%\\"*} ;;
    *cv.run=*) command=\${cmdline#*cv.run=}; command=\${command%% *} ;;
  esac
  if [ -n "$command" ]; then sh -c "$command"
  elif [ -f /etc/cv.sh ]; then sh /etc/cv.sh
  else return
  fi
  echo "cv.run status: $?"
}

facts() {
  show uname uname -a
  show clocksource cat /sys/devices/system/clocksource/clocksource0/current_clocksource
  show interrupts cat /proc/interrupts
  show stat grep '^cpu' /proc/stat
  echo "== dmesg"
  dmesg | grep -i -E 'raid6|xor|crypto|checksum'
}

now() { echo "date $(date '+%F %T') uptime $(cat /proc/uptime)"; }

load_drivers
has cv.nomodules || load_modules
if has cv.shell; then
  setsid cttyhack sh
  poweroff -f
fi
run_request
has cv.quiet || facts
echo ${GUEST_MARKERS.ready}
now
sleep 1
now
sleep 1
now
echo ${GUEST_MARKERS.done}
poweroff -f
`;

/** What busybox udhcpc runs with what it has been told. */
export const DHCP_SCRIPT = `#!/bin/busybox sh
case "$1" in
deconfig) ifconfig "$interface" up ;;
bound)
  ifconfig "$interface" "$ip" netmask "$subnet"
  [ -z "$router" ] || route add default gw "$router"
  ;;
esac
`;

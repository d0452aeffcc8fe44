# Words for the scripts of the tests; each runs in a guest after its disks are there.

# section NAME COMMAND...: runs it; every line it prints, and its exit status, on the console under that name
section() {
  local name=$1 status
  shift
  { "$@" 2>&1; echo "$?" > "/tmp/status.$name"; } | while IFS= read -r line; do echo "@$name |$line"; done
  read -r status < "/tmp/status.$name"
  echo "@$name .$status"
  return "$status"
}

# use DISK...: LVM2 sees these disks and no others
use() { disks=$(echo "$*" | tr ' ' ','); }

# attach OFFSET...: LVM2 sees what the second disk holds from these bytes on as disks, which are called loop0, loop1, ...
# A disk then ends where the last one does, which LVM2 does not mind.
attach() {
  local offset number=0
  # LVM2 leaves hidden volumes active that it moved.
  dmsetup remove_all
  losetup -a | while IFS=: read -r device rest; do losetup -d "$device"; done
  disks=
  for offset; do
    losetup -o "$offset" "/dev/loop$number" /dev/vdb || return
    disks=$disks${disks:+,}/dev/loop$number
    number=$((number + 1))
  done
}

# l COMMAND...: a command of LVM2
l() { lvm "$@" --devices "$disks"; }

# mapped VG LV: its device
mapped() { echo "/dev/mapper/$(echo "$1" | sed s/-/--/g)-$(echo "$2" | sed s/-/--/g)"; }

# fill VG LV...: every sector says where it is; tells a checksum of each, as sums does
fill() {
  local vg=$1 lv
  shift
  for lv; do
    echo "$lv $(pattern "$vg/$lv" "$(blockdev --getsz "$(mapped "$vg" "$lv")")" |
      tee "$(mapped "$vg" "$lv")" | md5sum | cut -d' ' -f1)" || return
  done
  sync
}

# pattern NAME SECTORS
pattern() {
  perl -e '
    my ($name, $sectors) = @ARGV;
    for (my $i = 0; $i < $sectors; $i += 2048) {
      my $end = $i + 2048 < $sectors ? $i + 2048 : $sectors;
      print join("", map { sprintf("%-511s\n", "$name sector $_") } $i .. $end - 1);
    }' "$@"
}

# sums VG LV...: a checksum of each; comes from the disks if they were just activated
sums() {
  local vg=$1 lv
  shift
  for lv; do echo "$lv $(md5sum < "$(mapped "$vg" "$lv")" | cut -d' ' -f1)" || return; done
}

# tables: what the kernel maps, with the names of devices instead of their numbers
tables() {
  local sed=/tmp/numbers.$$ device name
  for device in /sys/block/vd* /sys/block/loop* /sys/block/dm-*; do
    [ -e "$device/dev" ] || continue
    if [ -e "$device/dm/name" ]; then name=$(cat "$device/dm/name"); else name=${device##*/}; fi
    echo "s|\\b$(cat "$device/dev")\\b|<$name>|g"
  done > "$sed"
  dmsetup table "$@" | sed -f "$sed" | sort
}

# report VG: every volume with its places
report() {
  l lvs -a --noheadings --separator '|' -o lv_name,lv_attr,segtype,seg_start_pe,seg_size_pe,devices,seg_pe_ranges,copy_percent,move_pv "$1"
}

# agent: does what comes down the second console until it says quit: run ID COMMAND..., a command of LVM2 beside others,
# whose output goes back as sections do; end ID, SIGTERM to it; do COMMAND..., on the first console
agent() {
  local word rest id
  stty -F /dev/ttyS1 raw -echo
  exec 3<> /dev/ttyS1
  echo LAB-AGENT
  while read -r word rest <&3; do
    case $word in
      run) id=${rest%% *}; run_for "$id" "${rest#* }" & ;;
      end) kill -TERM "$(cat "/tmp/pid.$rest")" ;;
      do) eval "$rest"; echo "@do .0" >&3 ;;
      quit) echo "@do .0" >&3; break ;;
    esac
  done
}

run_for() {
  local id=$1 status
  mkfifo "/tmp/out.$id"
  eval "exec lvm $2" > "/tmp/out.$id" 2>&1 &
  echo $! > "/tmp/pid.$id"
  while IFS= read -r line; do echo "@$id |$line" >&3; done < "/tmp/out.$id"
  wait $!
  echo "@$id .$?" >&3
}

# writer VG LV: writes to the volume, which was filled, at random places and reads back from the disks, until it is told
# to stop; then reads all of it once more. Says how many blocks it has written and read.
writer() {
  perl -e '
    my ($name, $device) = @ARGV;
    my ($block, $flush, %written) = (4096, 0x1261);
    open(my $disk, "+<:raw", $device) or die "$device: $!";
    my $blocks = sysseek($disk, 0, 2) / $block;
    sub expected {
      my $b = shift;
      my $text = $written{$b} || $name;
      return join("", map { sprintf("%-511s\n", "$text sector $_") } $b * 8 .. $b * 8 + 7);
    }
    sub check {
      my $b = shift;
      sysseek($disk, $b * $block, 0);
      sysread($disk, my $found, $block) == $block or die "$device: $!";
      $found eq expected($b) or die "$name block $b: expected " . substr(expected($b), 0, 40) . ", found " . substr($found, 0, 40);
    }
    my ($writes, $reads, $round) = (0, 0, 0);
    srand(1);
    until (-e "/tmp/stop") {
      $round++;
      my @some = map { int(rand($blocks)) } 1 .. 16;
      for my $b (@some) {
        $written{$b} = "$name round $round";
        sysseek($disk, $b * $block, 0);
        syswrite($disk, expected($b)) == $block or die "$device: $!";
        $writes++;
      }
      # Writes everything and forgets it, so that what is read comes from the disks.
      ioctl($disk, $flush, 0) or die "$device: $!";
      for my $b (@some, map { int(rand($blocks)) } 1 .. 16) { check($b); $reads++; }
    }
    ioctl($disk, $flush, 0) or die "$device: $!";
    for my $b (0 .. $blocks - 1) { check($b); $reads++; }
    print "$name: $writes blocks written, $reads read, all right\n";' "$1/$2" "$(mapped "$1" "$2")"
}

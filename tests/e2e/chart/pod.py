"""Plays the one pod of the rendered chart on this machine: volumes owned and moded as kubelet does it, containers as processes of their own user in a
root of their own, without capabilities. Needs root.   pod.py RENDERED PLACE BIN
RENDERED: the objects as YAML. PLACE: volumes outlast a pod there. BIN: where lockstepd and lockstep are.
Says `ready` on stdout when all containers were started; ends with the last container's exit code, after SIGTERM to itself.
Not played: probes (the caller asks), resources, seccomp, networks."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import yaml

rendered, place, programs = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
objects = [one for one in yaml.safe_load_all(open(rendered)) if one]
named = {(one['kind'], one['metadata']['name']): one for one in objects}
[owner] = [one for one in objects if one['kind'] == 'StatefulSet']
pod = owner['spec']['template']['spec']
context = pod['securityContext']
uid, gid, group = context['runAsUser'], context['runAsGroup'], context['fsGroup']


def grouped(root, read_only):
    """What kubelet's SetVolumeOwnership does to everything in a volume: to the group, readable, writable where it may be written, folders setgid."""
    if not read_only and context.get('fsGroupChangePolicy') == 'OnRootMismatch':
        info = root.stat()
        if info.st_gid == group and (info.st_mode & 0o2770) == 0o2770:
            return
    for folder, _, files in os.walk(root):
        for path in [folder, *(os.path.join(folder, file) for file in files)]:
            os.chown(path, -1, group, follow_symlinks=False)
            if not os.path.islink(path):
                mode = os.stat(path).st_mode
                more = 0o440 if read_only else 0o660
                os.chmod(path, mode | more | (0o2110 if os.path.isdir(path) else 0))


def written(root, files, mode):
    """As kubelet's AtomicWriter: links to files in a folder that is exchanged as a whole."""
    shutil.rmtree(root, ignore_errors=True)
    data = root / '..1'
    data.mkdir(parents=True)
    root.chmod(0o777)
    (root / '..data').symlink_to('..1')
    for name, text in files.items():
        (data / name).write_text(text)
        (data / name).chmod(mode)
        (root / name).symlink_to(f'..data/{name}')
    grouped(root, True)


def empty(root, mode):
    root.mkdir(parents=True)
    root.chmod(mode)
    grouped(root, False)


def roots():
    """Where each volume of the pod is."""
    found = {volume['name']: place / 'volumes' / volume['name'] for volume in pod['volumes']}
    return found | {claim['metadata']['name']: place / 'claims' / claim['metadata']['name'] for claim in owner['spec']['volumeClaimTemplates']}


def make_volumes():
    where = roots()
    for volume in pod['volumes']:
        root = where[volume['name']]
        if 'configMap' in volume:
            written(root, named['ConfigMap', volume['configMap']['name']]['data'] or {}, volume['configMap'].get('defaultMode', 0o644))
        elif 'secret' in volume:
            written(root, named['Secret', volume['secret']['secretName']]['stringData'], volume['secret'].get('defaultMode', 0o644))
        elif 'emptyDir' in volume:
            shutil.rmtree(root, ignore_errors=True)
            empty(root, 0o777)
        else:
            raise ValueError(f'a volume of a kind that is not played: {volume}')
    for claim in owner['spec']['volumeClaimTemplates']:
        root = where[claim['metadata']['name']]
        if root.exists():
            grouped(root, False)
        else:
            empty(root, 0o755)   # a fresh ext4


def mount(*args):
    subprocess.run(['mount', *map(str, args)], check=True)


def bind(source, target, read_only):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    mount('--bind', source, target)
    if read_only:
        mount('-o', 'remount,bind,ro', target)


def container(spec):
    """Runs in its own mount namespace: builds the container's root and becomes its process."""
    root = place / 'root' / spec['name']
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', root)
    for system in ['usr', 'etc/ssl', 'dev', 'proc']:
        bind(pathlib.Path('/') / system, root / system, system in ('usr', 'etc/ssl'))
    for link in ['bin', 'lib', 'lib64', 'sbin']:
        (root / link).symlink_to(f'usr/{link}')
    for program in ['lockstepd', 'lockstep']:
        bind(programs / program, root / 'image' / program, True)
    for wanted in spec['volumeMounts']:
        source = roots()[wanted['name']] / wanted.get('subPath', '')
        bind(source.resolve(), root / wanted['mountPath'].lstrip('/'), wanted.get('readOnly', False))
    if spec['securityContext']['readOnlyRootFilesystem']:
        mount('-o', 'remount,ro', root)
    os.chroot(root)
    os.chdir('/')
    os.umask(0o022)
    command = spec.get('command', ['/image/lockstepd']) + spec.get('args', [])
    os.execvpe('setpriv', ['setpriv', f'--reuid={uid}', f'--regid={gid}', f'--groups={group}', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all', *command], {'PATH': '/usr/bin:/image'})


def started(spec):
    if spec['securityContext'] != {'allowPrivilegeEscalation': False, 'readOnlyRootFilesystem': True, 'capabilities': {'drop': ['ALL']}}:
        raise ValueError(f"{spec['name']} is not confined as it is played")
    return subprocess.Popen(['unshare', '--mount', sys.executable, __file__, rendered, str(place), str(programs), spec['name']])


def play():
    make_volumes()
    for spec in pod['initContainers']:
        if started(spec).wait() != 0:
            sys.exit(f"{spec['name']} failed")
    [spec] = pod['containers']
    process = started(spec)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    print('ready', flush=True)
    sys.exit(process.wait())


if len(sys.argv) == 5:
    [one] = [one for one in pod['initContainers'] + pod['containers'] if one['name'] == sys.argv[4]]
    container(one)
play()

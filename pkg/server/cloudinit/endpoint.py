#!/usr/bin/python3
"""The Docker endpoint of a Pilot machine.

fetch   gets the daemon's certificate and key from the cloud's secret store
guard   keeps containers from the machine's metadata service
report  tells on the console how far the boot is

Only Python's standard library is used, which every image with cloud-init has.
"""
import base64
import datetime
import hashlib
import hmac
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

CONFIG = os.environ.get("PILOT_CONFIG", "/etc/pilot/endpoint.json")
TLS = os.environ.get("PILOT_TLS_DIR", "/etc/docker/tls")
CONSOLE = os.environ.get("PILOT_CONSOLE", "/dev/console")
LOG = os.environ.get("PILOT_LOG", "/var/log/pilot-boot.log")
SOCKET = os.environ.get("PILOT_SOCKET", "/var/run/docker.sock")
PORT = int(os.environ.get("PILOT_PORT", "2376"))
PATIENCE = float(os.environ.get("PILOT_PATIENCE", "300"))
FILES = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}


def say(step, state, detail=""):
    line = "PILOT-BOOT step=%s state=%s" % (step, state)
    if detail:
        line += " detail=" + json.dumps(" ".join(detail.split())[:300])
    for path in (CONSOLE, LOG):
        try:
            with open(path, "a") as out:
                out.write(line + "\n")
        except OSError:
            pass
    print(line, flush=True)


def call(method, url, headers, body=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    # The metadata service and the store are never behind a proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as e:
        # An error answer holds a code and a message, never the secret.
        raise RuntimeError("%s: HTTP %d %s" % (urllib.parse.urlsplit(url).netloc, e.code, e.read(400).decode("utf-8", "replace")))
    except (OSError, http.client.HTTPException) as e:
        raise RuntimeError("%s: %s" % (urllib.parse.urlsplit(url).netloc, e))


def from_aws(c):
    base = c["metadata"]
    token = call("PUT", base + "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "300"})
    role_url = base + "/latest/meta-data/iam/security-credentials/"
    session = {"X-aws-ec2-metadata-token": token}
    role = call("GET", role_url, session).split()
    if not role:
        raise RuntimeError("the machine has no role")
    keys = json.loads(call("GET", role_url + role[0], session))

    body = json.dumps({"SecretId": c["secret"]}).encode()
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": urllib.parse.urlsplit(c["endpoint"]).netloc,
        "x-amz-date": stamp,
        "x-amz-security-token": keys["Token"],
        "x-amz-target": "secretsmanager.GetSecretValue",
    }
    names = ";".join(sorted(headers))
    canonical = "POST\n/\n\n" + "".join("%s:%s\n" % (n, headers[n]) for n in sorted(headers))
    canonical += "\n" + names + "\n" + hashlib.sha256(body).hexdigest()
    scope = "%s/%s/secretsmanager/aws4_request" % (day, c["region"])
    text = "AWS4-HMAC-SHA256\n%s\n%s\n%s" % (stamp, scope, hashlib.sha256(canonical.encode()).hexdigest())
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in (day, c["region"], "secretsmanager", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        keys["AccessKeyId"], scope, names, key.hex())
    return json.loads(call("POST", c["endpoint"] + "/", headers, body))["SecretString"]


def from_gcp(c):
    token = json.loads(call(
        "GET", c["metadata"] + "/computeMetadata/v1/instance/service-accounts/default/token", {"Metadata-Flavor": "Google"}))
    answer = json.loads(call(
        "GET", c["endpoint"] + "/v1/" + c["secret"] + "/versions/latest:access",
        {"Authorization": "Bearer " + token["access_token"]}))
    return base64.b64decode(answer["payload"]["data"]).decode()


def check(folder):
    """Raise unless the folder holds an authority, and a certificate with its key."""
    path = {k: os.path.join(folder, f) for k, f in FILES.items()}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path["cert"], path["key"])
    context.load_verify_locations(path["ca"])


def install(secret):
    bundle = json.loads(secret)
    os.makedirs(TLS, mode=0o700, exist_ok=True)
    os.chmod(TLS, 0o700)
    # Beside the target, so that the moves stay within one file system.
    new = tempfile.mkdtemp(dir=TLS, prefix="new-")
    try:
        for name, f in FILES.items():
            mode = 0o600 if name == "key" else 0o644
            with os.fdopen(os.open(os.path.join(new, f), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
                out.write(bundle[name])
        check(new)
        for f in FILES.values():
            os.replace(os.path.join(new, f), os.path.join(TLS, f))
    finally:
        shutil.rmtree(new, ignore_errors=True)


def usable():
    try:
        check(TLS)
        return True
    except (OSError, ssl.SSLError):
        return False


def fetch():
    with open(CONFIG) as f:
        config = json.load(f)
    source = {"aws-secrets-manager": from_aws, "gcp-secret-manager": from_gcp}[config["store"]]
    say("certificate", "running")
    # A new machine's rights may take minutes to arrive. One that has a
    # certificate must not stay down because the store does.
    end = time.monotonic() + (min(PATIENCE, 20) if usable() else PATIENCE)
    pause, last = 1.0, ""
    while True:
        try:
            install(source(config))
            say("certificate", "done")
            return 0
        except (RuntimeError, KeyError, ValueError, OSError) as e:
            reason = "%s: %s" % (type(e).__name__, e) if not isinstance(e, RuntimeError) else str(e)
        if time.monotonic() + pause > end:
            break
        if reason != last:
            say("certificate", "running", reason)
            last = reason
        time.sleep(pause)
        pause = min(pause * 2, 15)
    if usable():
        say("certificate", "done", "kept the one from before: " + reason)
        return 0
    say("certificate", "failed", reason)
    return 1


def guard():
    """Before the daemon starts, which starts containers before it says that it
    is ready: it keeps the rules of a DOCKER-USER that it finds, and leads there
    before any container runs. On Google Cloud the same address answers DNS, so
    only TCP is refused."""
    chain = "DOCKER-USER"
    rule = [chain, "-d", "169.254.169.254", "-p", "tcp", "-m", "tcp", "--dport", "80", "-j", "REJECT"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.call(["iptables", "-w", "-C"] + rule, **quiet) == 0:
        return 0
    if subprocess.call(["iptables", "-w", "-S", chain], **quiet) != 0:
        subprocess.check_call(["iptables", "-w", "-N", chain])
    subprocess.check_call(["iptables", "-w", "-I"] + rule)
    return 0


def engine():
    """Ask the daemon for its versions, over its socket."""
    connection = http.client.HTTPConnection("docker")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(10)
    connection.sock.connect(SOCKET)
    connection.request("GET", "/version")
    v = json.load(connection.getresponse())
    return "Docker %s, API %s to %s" % (v["Version"], v["MinAPIVersion"], v["ApiVersion"])


def report():
    if shutil.which("dockerd") is None:
        reason = "docker.io is not installed"
        try:
            with open("/var/log/cloud-init-output.log", errors="replace") as f:
                reason = ([l for l in f if l.startswith("E: ")] or [reason])[-1]
        except OSError:
            pass
        say("packages", "failed", reason)
        return 1
    say("packages", "done")
    started = subprocess.run(["systemctl", "start", "docker"])
    try:
        if started.returncode != 0:
            raise OSError(subprocess.run(
                ["journalctl", "-u", "docker", "-n", "1", "-o", "cat"], capture_output=True, text=True).stdout or "it did not start")
        versions = engine()
        # The authority in the folder is of those who are let in: who the daemon
        # is shows in its certificate, which is the one that was fetched.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", PORT), timeout=10) as raw:
            with context.wrap_socket(raw) as served:
                shown = ssl.DER_cert_to_PEM_cert(served.getpeercert(True))
        with open(os.path.join(TLS, FILES["cert"])) as f:
            if shown.split() != f.read().split():
                raise OSError("the daemon shows another certificate than the one from the store")
    except (OSError, ValueError, KeyError) as e:
        say("docker", "failed", str(e))
        return 1
    say("docker", "done", versions)
    say("ready", "done")
    return 0


if __name__ == "__main__":
    verbs = {"fetch": fetch, "guard": guard, "report": report}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        sys.exit("usage: endpoint fetch|guard|report")
    sys.exit(verbs[sys.argv[1]]())

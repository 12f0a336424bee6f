# Servers that a test starts on 127.0.0.1 and ends by pid: source it after lib.sh.

# wait_port PORT: until somebody answers there.
wait_port() { soon port_answers "$1"; }
port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# make_ca NAME; make_certificate NAME CA ADDRESS (a number or a name): keys and certificates in $work/tls.
make_ca() {
    mkdir -p "$work/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=test CA $1" \
        -keyout "$work/tls/$1.key" -out "$work/tls/$1.pem" 2>/dev/null
}
make_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$3" \
        -keyout "$work/tls/$1.key" -out "$work/tls/$1.csr" 2>/dev/null
    local kind=IP
    [[ $3 == *[a-z]* ]] && kind=DNS
    printf 'subjectAltName=%s:%s\n' "$kind" "$3" >"$work/tls/$1.ext"
    openssl x509 -req -in "$work/tls/$1.csr" -CA "$work/tls/$2.pem" -CAkey "$work/tls/$2.key" -days 2 \
        -CAcreateserial -extfile "$work/tls/$1.ext" -out "$work/tls/$1.pem" 2>/dev/null
}

# start_nginx SERVERS: the text of its server blocks. Log lines: status, bytes of body, range, path; who looks at
# them asks `served` or calls `all_logged` first.
start_nginx() {
    local user=
    [ "$(id -u)" -eq 0 ] && user='user root;'
    mkdir -p "$work/nginx"
    cat >"$work/nginx/nginx.conf" <<END
$user
daemon off;
pid $work/nginx/pid;
error_log $work/nginx/error.log;
worker_processes 1;
events { worker_connections 256; }
http {
    log_format brief '\$status \$body_bytes_sent [\$http_range] \$uri';
    access_log $work/nginx/access.log brief;
    client_body_temp_path $work/nginx/body;
    proxy_temp_path $work/nginx/proxy;
    fastcgi_temp_path $work/nginx/fastcgi;
    uwsgi_temp_path $work/nginx/uwsgi;
    scgi_temp_path $work/nginx/scgi;
    default_type application/octet-stream;
    server { listen unix:$work/nginx/mark; location / { return 204; } }
    $1
}
END
    nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" 2>"$work/nginx/start.log" &
    started+=($!)
}

# all_logged: until the log has a line of each answer that was given: nginx writes it when the answer is away
# already, and does one thing after the other.
all_logged() {
    local mark=/mark-$BASHPID-$EPOCHREALTIME
    curl -s --unix-socket "$work/nginx/mark" "http://nginx$mark" && soon grep -q " $mark\$" "$work/nginx/access.log"
}
# served PATTERN: how many answers were given whose lines it fits.
served() {
    all_logged
    grep -c "$1" "$work/nginx/access.log"
}

# start_ftp PORT FOLDER [RATE]: vsftpd, anonymous, RATE bytes a second (0: as fast as it can).
start_ftp() {
    mkdir -p "$work/ftp-empty"
    chmod 555 "$work/ftp-empty" "$2"
    cat >"$work/vsftpd-$1.conf" <<END
listen=YES
listen_address=127.0.0.1
listen_port=$1
background=NO
anonymous_enable=YES
no_anon_password=YES
anon_root=$2
anon_max_rate=${3:-0}
run_as_launching_user=YES
seccomp_sandbox=NO
secure_chroot_dir=$work/ftp-empty
pasv_min_port=61000
pasv_max_port=65535
xferlog_enable=YES
log_ftp_protocol=YES
vsftpd_log_file=$work/vsftpd-$1.log
END
    /usr/sbin/vsftpd "$work/vsftpd-$1.conf" >"$work/vsftpd-$1.out" 2>&1 &
    started+=($!)
}

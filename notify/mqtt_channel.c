// State that is kept by a broker: each topic's newest payload, published again and again.
#include "core/clock.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/subscriber.h"
#include "notify/mqtt.h"
#include "notify/sms.h"
#include "notify/subscription.h"

#include <stdio.h>
#include <string.h>

enum { PUBLISH_MS = 10000, DOWN_MS = 15000, KEPT_BYTES_MAX = 64 << 20, TOPICS_MAX = 20000 };

struct line {
    const struct site *site;
    const struct host *host;
    char *path, *authority; // run/mqtt.json: what is published
    char client[80];
    struct buf password;
    struct doc *kept;
    int64_t published_ms; // ticks; 0: not yet
};

void mqtt_close(void **self)
{
    struct line *line = *self;
    if (!line)
        return;
    mem_free(&line->path);
    mem_free(&line->authority);
    buf_free(&line->password);
    doc_free(&line->kept);
    mem_free(self);
}

// What was published before; a file that is not ours is begun anew: the state comes again.
static void read_kept(struct line *line)
{
    struct err why = {0};
    AUTO(buf_free) struct buf text = buf_new(KEPT_BYTES_MAX);
    if (file_exists(line->path) && (file_read(line->path, &text, &why) ||
                                    doc_parse(buf_slice(&text), line->path, &line->kept, &why)))
        log_err("the state that was published is not known", &why);
    if (!line->kept)
        line->kept = doc_object();
}

enum err_kind mqtt_open(const struct site *site, const struct host *host, void **self,
                        struct err *err)
{
    struct line *line = *self = mem_new(1, sizeof(*line));
    const char *authority = site_text(site, "mqtt_ca_file");
    AUTO(subscribers_free) struct subscribers list = {0};
    *line = (struct line){.site = site, .host = host, .password = buf_new(256)};
    line->path = site_path(site, "run/mqtt.json");
    line->authority = strcmp(authority, "none") == 0 ? mem_text("") : site_path(site, authority);
    (void)snprintf(line->client, sizeof(line->client), "%.60s", site_text(site, "mqtt_client"));
    read_kept(line);
    if (subscribers_load(site_folder(site), &list, err) ||
        (*site_text(site, "mqtt_user") && site_secret(site, "mqtt", &line->password, err))) {
        mqtt_close(self);
        return err_of(err);
    }
    return OK;
}

static enum err_kind publish(struct line *line, struct err *err)
{
    struct mqtt_place place = {.host = site_text(line->site, "mqtt_host"),
                               .client = line->client,
                               .port = (int)site_whole(line->site, "mqtt_port"),
                               .user = site_text(line->site, "mqtt_user"),
                               .password = line->password.at ? line->password.at : "",
                               .authority = line->authority};
    AUTO(mem_drop)
    struct mqtt_state *state = mem_new(doc_count(line->kept) + 1, sizeof(*state));
    size_t count = 0;
    for (const char *topic = doc_next_key(line->kept, NULL); topic;
         topic = doc_next_key(line->kept, topic))
        state[count++] =
            (struct mqtt_state){topic, str_of(doc_text(doc_get(line->kept, topic), ""))};
    line->published_ms = clock_ticks_ms();
    return mqtt_publish(&place, state, count, PUBLISH_MS, err);
}

static enum err_kind keep(struct line *line, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(KEPT_BYTES_MAX);
    doc_canonical(line->kept, &text);
    if (text.full)
        return err_set(err, ERR_REFUSED, "the state is over %d MiB", KEPT_BYTES_MAX >> 20);
    return file_write(line->path, buf_slice(&text), 0600, err);
}

// Takes a job's state in; false when the job is settled already.
static bool take_state(struct line *line, const struct subscribers *list, struct job *job)
{
    const struct subscriber *to = NULL;
    AUTO(doc_free) struct doc *body = NULL;
    AUTO(buf_free) struct buf topic = buf_new(1024), payload = buf_new(NOTES_BYTES_MAX);
    if (!subscription_begin(list, "mqtt", job, &to, &body))
        return false;
    const char *end = doc_text(doc_get(body, "topic"), NULL);
    if (!end || doc_count(line->kept) >= TOPICS_MAX) {
        sms_settle(job, OUTCOME_REFUSED, 0, end ? "there are too many topics" : "it has no topic");
        return false;
    }
    buf_print(&topic, "%s/%s", to->to, end);
    buf_str(&payload, job->note->body);
    doc_put_text(line->kept, topic.at, payload.at);
    return true;
}

enum err_kind mqtt_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    struct line *line = self;
    AUTO(subscribers_free) struct subscribers list = {0};
    AUTO(mem_drop) bool *taken = mem_new(count, sizeof(*taken));
    struct err why = {0};
    (void)err;
    enum err_kind kind = subscribers_load(site_folder(line->site), &list, &why);
    for (size_t i = 0; i < count; i++)
        taken[i] = kind || take_state(line, &list, &job[i]);
    if (!kind)
        kind = keep(line, &why);
    (void)line->host->beat(line->host->self);
    if (!kind)
        kind = publish(line, &why);
    for (size_t i = 0; i < count; i++) {
        if (taken[i] && kind)
            sms_settle(&job[i], OUTCOME_DOWN, DOWN_MS, "%.190s", why.text);
        else if (taken[i])
            sms_settle(&job[i], OUTCOME_DONE, 0, "mqtt: %zu topics", doc_count(line->kept));
    }
    return OK;
}

// A broker that was started anew has forgotten all.
enum err_kind mqtt_step(void *self, struct err *err)
{
    struct line *line = self;
    struct err why = {0};
    (void)err;
    int64_t again_ms = site_whole(line->site, "mqtt_again_s") * 1000;
    bool due = line->published_ms == 0 || clock_ticks_ms() - line->published_ms >= again_ms;
    if (due && doc_count(line->kept) && publish(line, &why))
        log_err("the state was not published again", &why);
    return OK;
}

enum err_kind mqtt_check(const struct site *site, struct doc *report, struct err *err)
{
    static const struct host nobody = {0};
    void *self = NULL;
    if (mqtt_open(site, &nobody, &self, err))
        return err_of(err);
    struct line *line = self;
    // Another id than the worker's: a broker ends the older of two connections with one id.
    (void)snprintf(line->client, sizeof(line->client), "%.60s-check",
                   site_text(site, "mqtt_client"));
    doc_put_text(report, "host", site_text(site, "mqtt_host"));
    doc_put_int(report, "topics", (int64_t)doc_count(line->kept));
    doc_free(&line->kept); // nothing is published
    line->kept = doc_object();
    enum err_kind kind = publish(line, err);
    mqtt_close(&self);
    return kind;
}

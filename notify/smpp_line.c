#include "notify/smpp_line.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"

const char *const smpp_binds_names[] = {"auto", "transceiver", "pair", NULL};

struct smpp_line {
    struct smpp_place place; // its texts: heap
    struct smpp_settings settings;
    struct smpp_events events;
    enum smpp_binds binds;
    struct smpp_link *out, *in; // in NULL: `out` hears too
    bool is_deaf;               // `in` is in trouble, and that was logged
};

// What comes in where nothing should: the carrier keeps it, and says it on the other link.
static bool refuse_delivery(void *self, const struct smpp_pdu *pdu, uint64_t ticket)
{
    (void)self;
    (void)pdu;
    (void)ticket;
    return false;
}

// Two links in place of the one that there was.
static void make_pair(struct smpp_line *line)
{
    struct smpp_events events = line->events;
    smpp_link_free(&line->out);
    events.delivered = refuse_delivery;
    line->settings.role = SMPP_TRANSMITTER;
    line->out = smpp_link_new(&line->place, &line->settings, &events);
    line->settings.role = SMPP_RECEIVER;
    line->in = smpp_link_new(&line->place, &line->settings, &line->events);
}

struct smpp_line *smpp_line_new(const struct smpp_place *place,
                                const struct smpp_settings *settings, enum smpp_binds binds,
                                const struct smpp_events *events)
{
    struct smpp_line *line = mem_new(1, sizeof(*line));
    line->place = (struct smpp_place){.host = mem_text(place->host),
                                      .port = place->port,
                                      .tls = place->tls,
                                      .ca_file = place->ca_file ? mem_text(place->ca_file) : NULL};
    line->settings = *settings;
    line->events = *events;
    line->binds = binds;
    if (binds == SMPP_BINDS_PAIR) {
        make_pair(line);
        return line;
    }
    line->settings.role = SMPP_TRANSCEIVER;
    line->out = smpp_link_new(&line->place, &line->settings, events);
    return line;
}

void smpp_line_free(struct smpp_line **line)
{
    if (!*line)
        return;
    smpp_link_free(&(*line)->out);
    smpp_link_free(&(*line)->in);
    mem_free(&(*line)->place.host);
    mem_free(&(*line)->place.ca_file);
    mem_free(line);
}

struct smpp_session *smpp_line_out(struct smpp_line *line)
{
    return smpp_link_session(line->out);
}

struct smpp_session *smpp_line_in(struct smpp_line *line)
{
    return smpp_link_session(line->in ? line->in : line->out);
}

// Receipts and what people say do not come while it is down; nobody else would notice.
static void step_in(struct smpp_line *line)
{
    smpp_link_step(line->in, 0);
    const struct err *trouble = smpp_link_trouble(line->in);
    if (trouble->kind && !line->is_deaf) {
        log_err("the link that hears the carrier", trouble);
        line->is_deaf = true;
    } else if (line->is_deaf && smpp_session_standing(smpp_line_in(line)) == SMPP_BOUND) {
        log_info("the link that hears the carrier is there again");
        line->is_deaf = false;
    }
}

void smpp_line_step(struct smpp_line *line, int64_t timeout_ms)
{
    if (line->in)
        step_in(line);
    smpp_link_step(line->out, timeout_ms);
    bool is_unknown = smpp_link_trouble(line->out)->kind == ERR_REFUSED &&
                      smpp_session_bind_status(smpp_line_out(line)) == SMPP_BAD_COMMAND;
    if (line->binds == SMPP_BINDS_AUTO && !line->in && is_unknown) {
        log_warn("the carrier has no transceivers: one link sends, one hears");
        make_pair(line);
    }
}

size_t smpp_line_descriptors(const struct smpp_line *line, int *fd, size_t max)
{
    const struct smpp_link *links[] = {line->out, line->in};
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        if (links[i] && count < max && smpp_link_descriptor(links[i]) >= 0)
            fd[count++] = smpp_link_descriptor(links[i]);
    }
    return count;
}

bool smpp_line_is_connected(const struct smpp_line *line)
{
    return smpp_link_descriptor(line->out) >= 0;
}

const struct err *smpp_line_trouble(const struct smpp_line *line)
{
    return smpp_link_trouble(line->out);
}

int64_t smpp_line_again_ms(const struct smpp_line *line)
{
    return smpp_link_again_ms(line->out);
}

void smpp_line_end(struct smpp_line *line)
{
    smpp_session_end(smpp_line_out(line), clock_ticks_ms());
    if (line->in)
        smpp_session_end(smpp_line_in(line), clock_ticks_ms());
    line->is_deaf = true; // as we want it: not a trouble to be logged
}

bool smpp_line_has_ended(struct smpp_line *line)
{
    return smpp_session_standing(smpp_line_out(line)) != SMPP_ENDING &&
           smpp_session_standing(smpp_line_in(line)) != SMPP_ENDING;
}

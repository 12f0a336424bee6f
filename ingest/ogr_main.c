// gong-ogr: turns a shapefile or a GeoPackage into GeoJSON (RFC 7946) on standard output, for
// gong boundary import. It is a program of its own so that nothing else links GDAL; what it writes
// is read as strictly as any GeoJSON from elsewhere.
#include "core/cli.h"
#include "core/mem.h"

#include <gdal/cpl_conv.h>
#include <gdal/gdal.h>
#include <gdal/ogr_api.h>
#include <gdal/ogr_srs_api.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 64 << 10 };

static enum err_kind refuse(const char *what, struct err *err)
{
    const char *why = CPLGetLastErrorMsg();
    return err_set(err, ERR_INPUT, "%s%s%.300s", what, why && *why ? ": " : "", why ? why : "");
}

static void dataset_close(GDALDatasetH *dataset)
{
    if (*dataset)
        (void)GDALClose(*dataset);
    *dataset = NULL;
}

static void feature_free(OGRFeatureH *feature)
{
    if (*feature)
        OGR_F_Destroy(*feature);
    *feature = NULL;
}

static void transform_free(OGRCoordinateTransformationH *transform)
{
    if (*transform)
        OCTDestroyCoordinateTransformation(*transform);
    *transform = NULL;
}

// To longitude and latitude of WGS 84, in this order.
static enum err_kind make_transform(OGRLayerH layer, OGRCoordinateTransformationH *out,
                                    struct err *err)
{
    OGRSpatialReferenceH from = OGR_L_GetSpatialRef(layer);
    if (!from)
        return err_set(err, ERR_INPUT,
                       "the file does not say in which coordinates it is; a shapefile needs its "
                       ".prj beside it");
    OGRSpatialReferenceH to = OSRNewSpatialReference(NULL);
    bool good = OSRImportFromEPSG(to, 4326) == OGRERR_NONE;
    OSRSetAxisMappingStrategy(to, OAMS_TRADITIONAL_GIS_ORDER);
    OSRSetAxisMappingStrategy(from, OAMS_TRADITIONAL_GIS_ORDER);
    *out = good ? OCTNewCoordinateTransformation(from, to) : NULL;
    OSRDestroySpatialReference(to);
    return *out ? OK : refuse("the coordinates cannot be turned into WGS 84", err);
}

static enum err_kind put_field(struct doc *properties, OGRFeatureH feature, int i, struct err *err)
{
    OGRFieldDefnH field = OGR_F_GetFieldDefnRef(feature, i);
    const char *name = OGR_Fld_GetNameRef(field);
    if (!OGR_F_IsFieldSetAndNotNull(feature, i))
        return OK;
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    OGRFieldType type = OGR_Fld_GetType(field);
    if (type == OFTInteger || type == OFTInteger64) {
        doc_put_int(properties, name, OGR_F_GetFieldAsInteger64(feature, i));
        return OK;
    }
    if (text_nfc(str_of(OGR_F_GetFieldAsString(feature, i)), &text, err))
        return err_add(err, "reading field \"%s\" (is the .cpg beside a shapefile, and right?)",
                       name);
    doc_put_text(properties, name, text.at ? text.at : "");
    return OK;
}

static enum err_kind put_feature(OGRFeatureH feature, OGRCoordinateTransformationH transform,
                                 bool first, struct err *err)
{
    static char precision[] = "COORDINATE_PRECISION=15";
    char *options[] = {precision, NULL};
    AUTO(doc_free) struct doc *properties = doc_object();
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    for (int i = 0; i < OGR_F_GetFieldCount(feature); i++) {
        if (put_field(properties, feature, i, err))
            return err_of(err);
    }
    OGRGeometryH geometry = OGR_F_GetGeometryRef(feature);
    char *json = NULL;
    if (geometry) {
        OGRGeometryH straight = OGR_G_GetLinearGeometry(geometry, 0, NULL); // arcs become chords
        OGR_G_FlattenTo2D(straight);
        if (OGR_G_Transform(straight, transform) == OGRERR_NONE)
            json = OGR_G_ExportToJsonEx(straight, options);
        OGR_G_DestroyGeometry(straight);
        if (!json)
            return refuse("its shape cannot be turned into WGS 84", err);
    }
    doc_canonical(properties, &text);
    (void)printf("%s\n{\"type\":\"Feature\",\"properties\":%s,\"geometry\":%s}", first ? "" : ",",
                 text.at, json ? json : "null");
    CPLFree(json);
    return text.full ? err_set(err, ERR_INPUT, "its fields are over 64 KiB") : OK;
}

static enum err_kind find_layer(GDALDatasetH dataset, const char *name, OGRLayerH *out,
                                struct err *err)
{
    int count = GDALDatasetGetLayerCount(dataset);
    AUTO(buf_free) struct buf names = buf_new(400);
    for (int i = 0; i < count; i++)
        buf_print(&names, "%s%s", i ? ", " : "", OGR_L_GetName(GDALDatasetGetLayer(dataset, i)));
    *out = name ? GDALDatasetGetLayerByName(dataset, name)
                : (count == 1 ? GDALDatasetGetLayer(dataset, 0) : NULL);
    if (*out)
        return OK;
    return err_set(err, ERR_INPUT, "%s; name one of its layers with --layer: %s",
                   name ? "there is no such layer" : "the file has not one layer",
                   names.at ? names.at : "(none)");
}

static enum err_kind convert(const char *path, const char *name, struct err *err)
{
    static const char *const drivers[] = {"ESRI Shapefile", "GPKG", NULL};
    AUTO(dataset_close)
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers, NULL, NULL);
    AUTO(transform_free) OGRCoordinateTransformationH transform = NULL;
    OGRLayerH layer = NULL;
    if (!dataset)
        return refuse("it is no shapefile and no GeoPackage", err);
    if (find_layer(dataset, name, &layer, err) || make_transform(layer, &transform, err))
        return err_of(err);
    (void)printf("{\"type\":\"FeatureCollection\",\"features\":[");
    OGR_L_ResetReading(layer);
    size_t count = 0;
    for (;; count++) {
        AUTO(feature_free) OGRFeatureH feature = OGR_L_GetNextFeature(layer);
        if (!feature)
            break;
        if (put_feature(feature, transform, count == 0, err))
            return err_add(err, "reading feature %zu", count + 1);
    }
    (void)printf("\n]}\n");
    GIntBig told = OGR_L_GetFeatureCount(layer, TRUE);
    if (told >= 0 && (size_t)told != count)
        return err_set(err, ERR_INPUT, "%zu features could be read of %lld: the file is damaged",
                       count, (long long)told);
    if (fflush(stdout) != 0)
        return err_errno(err, ERR_LATER, "cannot write");
    return OK;
}

static int run(const struct cli *cli)
{
    struct err err = {0};
    CPLSetErrorHandler(CPLQuietErrorHandler);
    GDALAllRegister();
    enum err_kind kind = convert(cli_arg(cli, 0), cli_value(cli, "layer"), &err);
    GDALDestroyDriverManager();
    return kind ? cli_fail(cli, &err) : EXIT_YES;
}

int main(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"layer", "NAME", "the layer, where the file has several"}, {NULL, NULL, NULL}};
    static const struct cli_verb verb = {
        .name = "",
        .args = "FILE",
        .help = "Writes a shapefile or GeoPackage as GeoJSON; started by gong boundary import.",
        .example = "gong-ogr communes.gpkg > communes.geojson",
        .options = options,
        .args_min = 1,
        .args_max = 1,
        .run = run,
    };
    static const struct cli_program program = {
        .name = "gong-ogr",
        .help = "shapefiles and GeoPackages as GeoJSON",
        .verbs = &verb,
        .count = 1,
    };
    return cli_main(&program, argc, argv);
}

# Grids and a map of ten square communes, in two rows of five, 0.1 degrees each, so that every value is the one
# that is written: 90001 to 90005 lie north of 90006 to 90010. What shall be made stands in the input.
import datetime, subprocess, sys
east, north = [107.05 + 0.1 * i for i in range(5)], [12.15, 12.05]
day0 = datetime.datetime(2024, 1, 1)

def squares(path):
    import json
    features = []
    for i in range(10):
        x, y = east[i % 5], north[i // 5]
        ring = [[x - .05, y - .05], [x + .05, y - .05], [x + .05, y + .05], [x - .05, y + .05], [x - .05, y - .05]]
        ring = [[round(a, 6) for a in p] for p in ring]
        features.append({"type": "Feature", "properties": {"code": f"{90001 + i}", "name": f"Xã {i + 1} (diễn tập)", "zone": "drill"},
                         "geometry": {"type": "Polygon", "coordinates": [ring]}})
    json.dump({"type": "FeatureCollection", "features": features}, open(path, "w"))

RAIN = ("rain", "mm", "precipitation_amount", "sum")
AIR = ("t2m", "K", "air_temperature", "mean")

def nc(path, head, values, dims, sizes, stamps, what=RAIN):
    text = ", ".join("NaNf" if v is None else f"{v:.9g}" for v in values)
    name, units, standard, method = what
    cdl = f"""netcdf x {{ dimensions: {sizes} latitude = 2 ; longitude = 5 ;
variables: double time(time) ; time:standard_name = "time" ; time:units = "hours since 2024-01-01 00:00:00" ; time:calendar = "standard" ;
double latitude(latitude) ; latitude:standard_name = "latitude" ; latitude:units = "degrees_north" ;
double longitude(longitude) ; longitude:standard_name = "longitude" ; longitude:units = "degrees_east" ;
float {name}({dims} latitude, longitude) ; {name}:units = "{units}" ; {name}:standard_name = "{standard}" ; {name}:cell_methods = "time: {method}" ; {name}:_FillValue = NaNf ;
{head[0]}
data: time = {', '.join(map(str, stamps))} ; latitude = {north[0]:.2f}, {north[1]:.2f} ; longitude = {', '.join(f'{x:.2f}' for x in east)} ;
{head[1]} {name} = {text} ; }}"""
    subprocess.run(["ncgen", "-k", "nc3", "-o", path], input=cdl, text=True, check=True)

# days(path, first, count, {(day, commune 1..10): mm or None}): all other days and communes are 0.
def days(path, first, count, values):
    start = (datetime.datetime.fromisoformat(first) - day0).days
    rain = [values.get((d, c), 0) for d in range(1, count + 1) for c in range(1, 11)]
    nc(path, ("", ""), rain, "time,", f"time = {count} ;", [24 * (start + d) for d in range(count)])

# air(path, first, count, {(day, commune): (mean of the first half, of the second) in degrees C or None}): all others 20.
def air(path, first, count, values):
    start = (datetime.datetime.fromisoformat(first) - day0).days
    half = lambda d, h, c: values.get((d, c), (20, 20))[h]
    warm = [None if half(d, h, c) is None else half(d, h, c) + 273.15 for d in range(1, count + 1) for h in (0, 1) for c in range(1, 11)]
    nc(path, ("", ""), warm, "time,", f"time = {2 * count} ;", [24 * start + 12 * i for i in range(1, 2 * count + 1)], AIR)

# run(path, issued, {(member, step 1..8, commune): mm}): four members, 48 h in steps of six.
def run(path, issued, values):
    hours = int((datetime.datetime.fromisoformat(issued) - day0).total_seconds() // 3600)
    rain = [values.get((m, s, c), 0) for s in range(1, 9) for m in range(4) for c in range(1, 11)]
    nc(path, ('double forecast_reference_time ; forecast_reference_time:standard_name = "forecast_reference_time" ; '
              'forecast_reference_time:units = "hours since 2024-01-01 00:00:00" ; int realization(realization) ; '
              'realization:standard_name = "realization" ; realization:units = "1" ;',
              f"forecast_reference_time = {hours} ; realization = 0, 1, 2, 3 ;"),
       rain, "time, realization,", "time = 8 ; realization = 4 ;", [hours + 6 * s for s in range(1, 9)])

exec(sys.stdin.read())
